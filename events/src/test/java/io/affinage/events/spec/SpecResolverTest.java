package io.affinage.events.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.events.ErrorDetail;
import io.affinage.events.TrainingSpec;
import io.affinage.events.TrainingSpec.Architecture;
import io.affinage.events.TrainingSpec.Evaluation;
import io.affinage.events.TrainingSpec.Optimizer;
import io.affinage.events.TrainingSpec.Regularisation;
import io.affinage.events.TrainingSpec.Weights;
import io.affinage.events.adapter.AdapterSpec;
import io.affinage.events.adapter.DoraSpec;
import io.affinage.events.adapter.LoraSpec;
import io.affinage.events.adapter.NoAdapter;
import io.affinage.events.objective.ObjectiveSpec;
import io.affinage.events.objective.SampledObjective;
import io.affinage.events.quantization.GgufSpec;
import io.affinage.events.quantization.Nf4Spec;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpecResolverTest {
  private static final boolean HUB = false;
  private static final boolean SCRATCH = true;

  /** What a LoRA begins with has to fit the form of the base. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "loftq |   | 'nf4'  |                          ",
        "loftq | 3 | 'nf4'  |                          ",
        "loftq |   | 'gguf' | adapter.initLoraWeights  ",
        "loftq |   |        | adapter.initLoraWeights  ",
        "pissa |   | 'nf4'  |                          ",
        "pissa |   |        |                          ",
        "pissa |   | 'gguf' | adapter.initLoraWeights  ",
        "pissa | 2 |        | adapter.loftqIter        ",
        "true  |   | 'gguf' |                          "
      })
  void shouldHoldTheStartOfALoraToTheBase(
      String start, Integer turns, String quantization, String refused) throws Exception {
    TrainingSpec asked =
        Settings.build(TrainingSpec.class)
            .with("adapter", new LoraSpec(4, null, null, null, null, start, turns))
            .with(
                "quantization",
                quantization == null
                    ? null
                    : quantization.equals("nf4") ? new Nf4Spec(null, null) : new GgufSpec())
            .record();
    if (refused == null) {
      LoraSpec resolved = (LoraSpec) SpecResolver.resolve(asked, HUB).adapter();
      assertThat(resolved.initLoraWeights()).isEqualTo(start);
      assertThat(resolved.loftqIter())
          .isEqualTo(turns != null ? turns : start.equals("loftq") ? Integer.valueOf(1) : null);
      return;
    }
    InvalidSpecException refusal =
        catchThrowableOfType(InvalidSpecException.class, () -> SpecResolver.resolve(asked, HUB));
    assertThat(refusal.problems()).extracting(ErrorDetail::param).containsExactly(refused);
  }

  /** Its file belongs to weights that no file has. */
  @Test
  void shouldNotTrainOnAnAdapterThatChangedItsBase() throws Exception {
    for (LoraSpec parent :
        List.of(
            new LoraSpec(4, 8.0, 0.0, false, List.of("q_proj"), "pissa", null),
            new LoraSpec(4, 8.0, 0.0, false, List.of("q_proj"), "loftq", 2))) {
      InvalidSpecException refusal =
          catchThrowableOfType(
              InvalidSpecException.class,
              () ->
                  SpecResolver.resolve(
                      Settings.build(TrainingSpec.class)
                          .with("quantization", new Nf4Spec(null, null))
                          .record(),
                      HUB,
                      Optional.of(parent)));
      assertThat(refusal.problems())
          .extracting(ErrorDetail::param)
          .containsExactly("adapter.initLoraWeights");
    }
  }

  /** The base is an adapter: what gives it its shape is what it has, whatever the defaults are. */
  @Test
  void shouldTakeAParentAdaptersShape() throws Exception {
    AdapterSpec parent = new LoraSpec(4, 6.0, 0.1, true, List.of("q_proj", "v_proj"), null, null);
    assertThat(SpecResolver.resolve(null, HUB, Optional.of(parent)).adapter()).isEqualTo(parent);
    AdapterSpec asked = new LoraSpec(4, null, 0.3, null, List.of("v_proj", "q_proj"), null, null);
    assertThat(SpecResolver.resolve(spec("sft", asked), HUB, Optional.of(parent)).adapter())
        .isEqualTo(new LoraSpec(4, 6.0, 0.3, true, List.of("q_proj", "v_proj"), null, null));
  }

  @Test
  void shouldNameWhatDoesNotFitAParentAdapter() {
    AdapterSpec parent = new LoraSpec(4, 6.0, 0.1, true, List.of("q_proj", "v_proj"), null, null);
    AdapterSpec asked = new LoraSpec(16, 32.0, null, false, List.of("all-linear"), null, null);

    assertThat(parentProblems(spec("sft", asked), parent))
        .extracting(ErrorDetail::param)
        .containsExactlyInAnyOrder(
            "adapter.rank", "adapter.loraAlpha", "adapter.useRslora", "adapter.targetModules");
    assertThat(parentProblems(spec("sft", asked), parent))
        .allSatisfy(
            problem -> assertThat(problem.message()).contains("affinage export --format hf"));
    assertThat(parentProblems(spec("pretrain", null), parent))
        .extracting(ErrorDetail::param)
        .contains("method");
    AdapterSpec none = new NoAdapter();
    assertThat(parentProblems(spec("sft", none), parent))
        .extracting(ErrorDetail::param)
        .containsExactly("adapter.type");
  }

  /** What a job's first claim recorded is resolved again by every later attempt. */
  @Test
  void shouldLeaveAResolvedSpecificationAsItIs() throws Exception {
    AdapterSpec parent = new LoraSpec(4, 6.0, 0.1, true, List.of("q_proj", "v_proj"), null, null);
    for (Optional<AdapterSpec> base : List.of(Optional.of(parent), Optional.<AdapterSpec>empty())) {
      TrainingSpec tuning = SpecResolver.resolve(null, HUB, base);
      assertThat(SpecResolver.resolve(tuning, HUB, base)).isEqualTo(tuning);
    }
    for (boolean scratch : new boolean[] {HUB, SCRATCH}) {
      TrainingSpec pretraining = SpecResolver.resolve(spec("pretrain", null), scratch);
      assertThat(SpecResolver.resolve(pretraining, scratch)).isEqualTo(pretraining);
    }
    TrainingSpec whole = SpecResolver.resolve(spec("sft", new NoAdapter()), HUB);
    assertThat(SpecResolver.resolve(whole, HUB)).isEqualTo(whole);
  }

  private static List<ErrorDetail> parentProblems(TrainingSpec spec, AdapterSpec parent) {
    return catchThrowableOfType(
            InvalidSpecException.class, () -> SpecResolver.resolve(spec, HUB, Optional.of(parent)))
        .problems();
  }

  private static TrainingSpec spec(String method, AdapterSpec adapter) {
    return Settings.build(TrainingSpec.class)
        .with("method", method)
        .with("adapter", adapter)
        .record();
  }

  @Test
  void shouldFillInEveryDefaultOfSupervisedFineTuning() throws Exception {
    TrainingSpec spec = SpecResolver.resolve(null, HUB);

    assertThat(spec)
        .isEqualTo(
            Settings.build(TrainingSpec.class)
                .with("method", "sft")
                .with(
                    "adapter",
                    new LoraSpec(16, 32.0, 0.0, false, List.of("all-linear"), null, null))
                .with("epochs", 1.0)
                .with("batchSize", 8)
                .with("gradientAccumulation", 1)
                .with("learningRate", 2e-4)
                .with("schedule", "cosine")
                .with("warmupRatio", 0.03)
                .with("weightDecay", 0.0)
                .with("maxGradNorm", 1.0)
                .with("maxLength", 1024)
                .with("overlength", "drop")
                .with("packing", true)
                .with("completionOnly", true)
                .with("dtype", "auto")
                .with("checkpointEverySteps", 50)
                .with("seed", 0L)
                .with(
                    "optimizer",
                    new Optimizer("adamw", 0.9, 0.999, 1e-8, null, null, 1.0, null, false))
                .with("minLearningRateRatio", 0.0)
                .with("regularisation", new Regularisation(0.0, 0.0, 0.0))
                .with("evaluation", new Evaluation(0, 0, 0.0, false, 256))
                .with("keepCheckpoints", 2)
                .with("maxSkippedSteps", 3)
                .with("trainOn", "all_answers")
                .with("strict", false)
                .with("allowTokenLoss", false)
                .record());
  }

  @Test
  void shouldChangeNothingWhenResolvingAgain() throws Exception {
    for (boolean base : List.of(HUB, SCRATCH)) {
      TrainingSpec asked = base == SCRATCH ? method("pretrain") : method("sft");
      TrainingSpec once = SpecResolver.resolve(asked, base);

      assertThat(SpecResolver.resolve(once, base)).isEqualTo(once);
    }
  }

  @Test
  void shouldTrainAllWeightsForAnAdapterOfTypeNone() throws Exception {
    TrainingSpec spec = SpecResolver.resolve(adapter(new NoAdapter()), HUB);

    assertThat(spec.adapter()).isEqualTo(new NoAdapter());
    assertThat(spec.learningRate()).isEqualTo(2e-5);
  }

  @Test
  void shouldKeepAlphaTwiceTheRankUnlessItIsGiven() throws Exception {
    TrainingSpec spec =
        SpecResolver.resolve(adapter(new LoraSpec(4, null, null, null, null, null, null)), HUB);

    assertThat(spec.adapter())
        .isEqualTo(new LoraSpec(4, 8.0, 0.0, false, List.of("all-linear"), null, null));
  }

  @Test
  void shouldReportEveryProblemAtOnce() {
    TrainingSpec bad =
        Settings.build(TrainingSpec.class)
            .with("method", "rlhf")
            .with("adapter", new DoraSpec(0, -1.0, 1.5, null, List.of()))
            .with("epochs", 0.0)
            .with("maxSteps", 0)
            .with("batchSize", 0)
            .with("gradientAccumulation", 0)
            .with("learningRate", Double.NaN)
            .with("schedule", "step")
            .with("warmupRatio", 1.5)
            .with("weightDecay", -1.0)
            .with("maxGradNorm", -0.5)
            .with("maxLength", 1)
            .with("overlength", "ignore")
            .with("dtype", "fp8")
            .with("checkpointEverySteps", 0)
            .record();

    InvalidSpecException e =
        catchThrowableOfType(InvalidSpecException.class, () -> SpecResolver.resolve(bad, HUB));

    assertThat(e.problems())
        .extracting(ErrorDetail::param)
        .containsExactlyInAnyOrder(
            "method",
            "adapter.rank",
            "adapter.loraAlpha",
            "adapter.loraDropout",
            "adapter.targetModules",
            "epochs",
            "maxSteps",
            "batchSize",
            "gradientAccumulation",
            "learningRate",
            "schedule",
            "warmupRatio",
            "weightDecay",
            "maxGradNorm",
            "maxLength",
            "overlength",
            "dtype",
            "checkpointEverySteps");
    assertThat(e.getMessage())
        .contains("method is 'rlhf', must be one of sft, pretrain, dpo, ipo")
        .contains("dtype is 'fp8', must be one of auto, float32, bfloat16");
  }

  @Test
  void shouldReportEveryProblemOfTheGroupsAtOnce() {
    TrainingSpec bad =
        groups(
            new Weights("head", null, null, null),
            new Optimizer("sgd", 0.9, null, null, 1.5, null, -1.0, 0.0, null),
            new Regularisation(-1.0, 1.0, 1.0),
            new Evaluation(0, 3, -1.0, null, 0));

    InvalidSpecException e =
        catchThrowableOfType(InvalidSpecException.class, () -> SpecResolver.resolve(bad, HUB));

    assertThat(e.problems())
        .extracting(ErrorDetail::param)
        .containsExactlyInAnyOrder(
            "weights",
            "optimizer.beta1",
            "optimizer.momentum",
            "optimizer.loraPlusRatio",
            "optimizer.embeddingRateFactor",
            "regularisation.neftuneAlpha",
            "regularisation.labelSmoothing",
            "regularisation.emaDecay",
            "evaluation.everySteps",
            "evaluation.minImprovement",
            "evaluation.maxRows");
    assertThat(e.getMessage()).contains("optimizer.beta1 is not a setting of 'sgd'");
  }

  @Test
  void shouldKeepTheBestModelWhereTheRunIsEvaluated() throws Exception {
    TrainingSpec spec =
        SpecResolver.resolve(
            groups(null, null, null, new Evaluation(10, null, null, null, null)), HUB);

    assertThat(spec.evaluation()).isEqualTo(new Evaluation(10, 0, 0.0, true, 256));
  }

  @Test
  void shouldRefuseAnArchitectureBesideABaseModel() {
    TrainingSpec spec = architecture(new Architecture(64, 128, 2, 2, 2, 512, 128));

    InvalidSpecException e =
        catchThrowableOfType(InvalidSpecException.class, () -> SpecResolver.resolve(spec, HUB));

    assertThat(e.detail().param()).isEqualTo("architecture");
    assertThat(e.detail().code()).isEqualTo("invalid_training_spec");
  }

  @Test
  void shouldRefuseFineTuningFromScratch() {
    InvalidSpecException e =
        catchThrowableOfType(
            InvalidSpecException.class, () -> SpecResolver.resolve(method("sft"), SCRATCH));

    assertThat(e.detail().param()).isEqualTo("method");
  }

  @Test
  void shouldRefuseHeadsThatDoNotFitTogether() {
    TrainingSpec spec = architecture(new Architecture(100, 128, 2, 3, 2, 512, 128));

    InvalidSpecException e =
        catchThrowableOfType(InvalidSpecException.class, () -> SpecResolver.resolve(spec, SCRATCH));

    assertThat(e.problems())
        .extracting(ErrorDetail::param)
        .containsExactly("architecture.hiddenSize", "architecture.heads");
  }

  @Test
  void shouldNotTrainRowsLongerThanANewModelsContext() throws Exception {
    TrainingSpec spec =
        SpecResolver.resolve(architecture(new Architecture(64, 128, 2, 2, 2, 512, 128)), SCRATCH);

    assertThat(spec.maxLength()).isEqualTo(128);
    assertThat(spec.adapter()).isEqualTo(new NoAdapter());
    assertThat(spec.overlength()).isNull();
  }

  /** Every type of a choice has defaults, and a resolved one stays as it is. */
  @Test
  void shouldResolveEveryTypedChoice() throws Exception {
    for (String type : Choices.names(AdapterSpec.class)) {
      TrainingSpec once = SpecResolver.resolve(json("{'adapter': {'type': '%s'}}", type), HUB);
      assertThat(Choices.name(AdapterSpec.class, once.adapter())).isEqualTo(type);
      assertThat(SpecResolver.resolve(once, HUB)).isEqualTo(once);
    }
    for (String type : Choices.names(ObjectiveSpec.class)) {
      boolean sampled =
          SampledObjective.class.isAssignableFrom(
              Choices.find(ObjectiveSpec.class, type).orElseThrow());
      String more = sampled ? ", 'reward': {'type': 'exact_match'}" : "";
      TrainingSpec once =
          SpecResolver.resolve(json("{'objective': {'type': '%s'" + more + "}}", type), HUB);
      assertThat(Choices.name(ObjectiveSpec.class, once.objective())).isEqualTo(type);
      assertThat(once.method()).isEqualTo(type);
      assertThat(SpecResolver.resolve(once, HUB)).isEqualTo(once);
      if (!sampled) {
        assertThat(SpecResolver.resolve(json("{'method': '%s'}", type), HUB)).isEqualTo(once);
      }
    }
  }

  /** An answer is sampled with all layers in memory. */
  @Test
  void shouldKeepNoLayersOnDiskWhereAnswersAreSampled() throws Exception {
    String sampled =
        "{'objective': {'type': 'grpo', 'reward': {'type': 'exact_match'}}, 'quantization': {'type': 'nf4', 'offload': '%s'}}";

    assertThat(
            catchThrowableOfType(
                    InvalidSpecException.class,
                    () -> SpecResolver.resolve(json(sampled, "disk"), HUB))
                .problems())
        .extracting(ErrorDetail::param)
        .containsExactly("quantization.offload");
    assertThat(SpecResolver.resolve(json(sampled, "auto"), HUB).quantization())
        .isEqualTo(new Nf4Spec(true, "auto"));
    assertThat(
            SpecResolver.resolve(json("{'quantization': {'type': '%s'}}", "nf4"), HUB)
                .quantization())
        .isEqualTo(new Nf4Spec(true, "auto"));
  }

  @Test
  void shouldTakeLessOfTheRateForPreferences() throws Exception {
    TrainingSpec whole = json("{'adapter': {'type': 'none'}, 'objective': {'type': '%s'}}", "dpo");
    assertThat(SpecResolver.resolve(whole, HUB).learningRate()).isCloseTo(1e-6, within(1e-15));
    TrainingSpec adapter = json("{'objective': {'type': '%s'}}", "ipo");
    assertThat(SpecResolver.resolve(adapter, HUB).learningRate()).isCloseTo(5e-5, within(1e-15));
  }

  private static TrainingSpec json(String text, String type) throws Exception {
    return new ObjectMapper()
        .readValue(text.replace('\'', '"').formatted(type), TrainingSpec.class);
  }

  /** Each stands for a setting that would have been accepted and ignored. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'maxSteps': 3, 'epochs': 2}                            | epochs",
        "{'packing': false, 'gradientAccumulation': 2}           | gradientAccumulation",
        "{'packing': false, 'tokenBudget': 64}                   | tokenBudget",
        "{'tokenBudget': 64, 'gradientAccumulation': 2}          | tokenBudget",
        "{'completionOnly': false, 'trainOn': 'last_answer'}     | trainOn",
        "{'method': 'pretrain', 'trainOn': 'all_answers'}        | trainOn",
        "{'optimizer': {'embeddingRateFactor': 0.5}}             | optimizer.embeddingRateFactor",
        "{'evaluation': {'minImprovement': 0.5}}                 | evaluation.minImprovement",
        "{'evaluation': {'patience': 2}}                         | evaluation.everySteps",
        "{'schedule': 'constant', 'minLearningRateRatio': 0.1}   | minLearningRateRatio",
        "{'decayRatio': 0.1}                                     | decayRatio",
        "{'method': 'sft', 'objective': {'type': 'dpo'}}         | method",
        "{'objective': {'type': 'dpo', 'beta': 0}}               | objective.beta",
        "{'objective': {'type': 'dpo'}, 'completionOnly': false} | completionOnly",
        "{'objective': {'type': 'ipo'}, 'trainOn': 'last_answer'} | trainOn",
        "{'objective': {'type': 'dpo'}, 'regularisation': {'labelSmoothing': 0.1}} | regularisation.labelSmoothing",
        "{'objective': {'type': 'dpo', 'labelSmoothing': 0.5}}   | objective.labelSmoothing",
        "{'adapter': {'type': 'ia3', 'feedforwardModules': ['x']}} | adapter.feedforwardModules",
        "{'adapter': {'type': 'prompt_tuning', 'init': 'text'}}  | adapter.initText",
        "{'adapter': {'type': 'prompt_tuning', 'initText': 'a'}} | adapter.initText",
        "{'adapter': {'type': 'prompt_tuning', 'init': 'words'}} | adapter.init",
        "{'adapter': {'type': 'prefix_tuning', 'numVirtualTokens': 0}} | adapter.numVirtualTokens",
        "{'adapter': {'type': 'bottleneck', 'nonLinearity': 'x'}} | adapter.nonLinearity",
        "{'adapter': {'type': 'ia3'}, 'optimizer': {'loraPlusRatio': 2}} | optimizer.loraPlusRatio",
      })
  void shouldRefuseWhatWouldHaveNoEffect(String json, String param) throws Exception {
    TrainingSpec spec = new ObjectMapper().readValue(json.replace('\'', '"'), TrainingSpec.class);

    InvalidSpecException e =
        catchThrowableOfType(InvalidSpecException.class, () -> SpecResolver.resolve(spec, HUB));

    assertThat(e.problems()).extracting(ErrorDetail::param).containsExactly(param);
  }

  @Test
  void shouldFailRatherThanDropWhereItIsStrict() throws Exception {
    TrainingSpec spec =
        SpecResolver.resolve(
            new ObjectMapper().readValue("{\"strict\": true}", TrainingSpec.class), HUB);

    assertThat(spec.overlength()).isEqualTo("fail");
    assertThat(spec.allowTokenLoss()).isFalse();
    assertThat(SpecResolver.resolve(spec, HUB)).isEqualTo(spec);
  }

  /** Saying what happens to long examples is saying that it may happen to many. */
  @Test
  void shouldAllowTokensToBeLostWhereThatIsSaid() throws Exception {
    for (String word : List.of("drop", "truncate")) {
      TrainingSpec spec =
          SpecResolver.resolve(
              new ObjectMapper()
                  .readValue("{\"overlength\": \"" + word + "\"}", TrainingSpec.class),
              HUB);
      assertThat(spec.allowTokenLoss()).isTrue();
    }
  }

  private static TrainingSpec groups(
      Weights weights, Optimizer optimizer, Regularisation regularisation, Evaluation evaluation) {
    return Settings.build(TrainingSpec.class)
        .with("weights", weights)
        .with("optimizer", optimizer)
        .with("regularisation", regularisation)
        .with("evaluation", evaluation)
        .record();
  }

  private static TrainingSpec method(String method) {
    return Settings.build(TrainingSpec.class).with("method", method).record();
  }

  private static TrainingSpec adapter(AdapterSpec adapter) {
    return Settings.build(TrainingSpec.class).with("adapter", adapter).record();
  }

  private static TrainingSpec architecture(Architecture architecture) {
    return Settings.build(TrainingSpec.class)
        .with("method", "pretrain")
        .with("architecture", architecture)
        .record();
  }
}
