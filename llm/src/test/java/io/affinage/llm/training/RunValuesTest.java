package io.affinage.llm.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.training.optimizer.OptimizerRule;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What a checkpoint says of its run, as this and other versions read it. */
class RunValuesTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final TrainingInputs INPUTS = TrainingInputs.ofExamples(TinyModel.examples(12, 5));
  private static final TrainingSettings SETTINGS =
      TrainingSettings.DEFAULT.withEpochs(2).with(Batching.of(4)).withSeed(7);

  /** A name that is added here also needs a line in {@code RunValues.LATER}. */
  private static final Set<String> VERSION_1 =
      Set.of(
          "precision",
          "rows",
          "rowsDigest",
          "settings.batching.batchSize",
          "settings.batching.gradientAccumulation",
          "settings.batching.sharePrefixes",
          "settings.batching.tokenBudget",
          "settings.evaluation.everySteps",
          "settings.evaluation.keepBest",
          "settings.evaluation.minImprovement",
          "settings.evaluation.patience",
          "settings.optimization.embeddingRateFactor",
          "settings.optimization.learningRate",
          "settings.optimization.loraPlusRatio",
          "settings.optimization.maxGradNorm",
          "settings.optimization.maxSkippedSteps",
          "settings.optimization.rule",
          "settings.optimization.rule.beta1",
          "settings.optimization.rule.beta2",
          "settings.optimization.rule.epsilon",
          "settings.optimization.weightDecay",
          "settings.recomputeActivations",
          "settings.regularisation.dropout",
          "settings.regularisation.emaDecay",
          "settings.regularisation.labelSmoothing",
          "settings.regularisation.neftuneAlpha",
          "settings.schedule.decayRatio",
          "settings.schedule.floor",
          "settings.schedule.shape",
          "settings.schedule.warmupRatio",
          "settings.seed",
          "steps",
          "trained");

  @Test
  void shouldWriteTheNamesOfVersion1WhileLaterSettingsChangeNothing() {
    Set<String> names = new TreeSet<>();
    of(SETTINGS, INPUTS).json().path("values").fieldNames().forEachRemaining(names::add);

    assertThat(names).containsExactlyInAnyOrderElementsOf(VERSION_1);
  }

  @Test
  void shouldReadWhatItWrote() throws Exception {
    RunValues written = of(SETTINGS, INPUTS);

    RunValues read = RunValues.read(JSON.readTree(JSON.writeValueAsBytes(written.json())));

    assertThat(written.differences(read)).isEmpty();
    assertThat(read.differences(written)).isEmpty();
  }

  @Test
  void shouldNameEveryValueThatDiffers() {
    TrainingSettings other =
        SETTINGS
            .with(Optimization.DEFAULT.withLearningRate(0.5).withRule(OptimizerRule.of("lion")))
            .withSeed(8);

    assertThat(of(SETTINGS, INPUTS).differences(of(other, INPUTS)))
        .contains(
            "optimization.learningRate is 0.5 there and 2.0E-4 here",
            "optimization.rule is lion there and adamw here",
            "seed is 8 there and 7 here");
  }

  @Test
  void shouldTellRowsOfTheSameNumberApart() {
    TrainingInputs other = TrainingInputs.ofExamples(TinyModel.examples(12, 6));
    List<TokenizedExample> longer =
        TinyModel.examples(12, 5).stream()
            .map(each -> TokenizedExample.targetsFrom(each.id(), each.ids(), 3))
            .toList();

    assertThat(of(SETTINGS, INPUTS).differences(of(SETTINGS, other)))
        .singleElement()
        .asString()
        .startsWith("rowsDigest is sha256:");
    assertThat(of(SETTINGS, INPUTS).differences(of(SETTINGS, TrainingInputs.ofExamples(longer))))
        .hasSize(1);
  }

  /**
   * Two ways to ask for the same steps are one run; when checkpoints are made is another matter.
   */
  @Test
  void shouldCompareByMeaning() {
    TrainingSettings same = SETTINGS.withMaxSteps(6).with(new Checkpointing(5, 1));

    assertThat(of(SETTINGS, INPUTS).differences(of(same, INPUTS))).isEmpty();
    assertThat(of(SETTINGS, INPUTS).differences(of(SETTINGS.withMaxSteps(7), INPUTS)))
        .containsExactly("steps is 7 there and 6 here");
  }

  @Test
  void shouldCompareOriginsThatBothSidesName() {
    RunValues here = of(SETTINGS, INPUTS.from(Map.of("base", "sha256:a", "dataset", "sha256:d")));

    assertThat(here.differences(of(SETTINGS, INPUTS))).isEmpty();
    assertThat(here.differences(of(SETTINGS, INPUTS.from(Map.of("tokenizer", "t"))))).isEmpty();
    assertThat(here.differences(of(SETTINGS, INPUTS.from(Map.of("base", "sha256:b")))))
        .containsExactly("origin.base is sha256:b there and sha256:a here");
  }

  /** Whoever wrote it has left out what changes nothing, so this has an effect. */
  @Test
  void shouldRefuseASettingOfANewerVersionByItsName() {
    ObjectNode newer = of(SETTINGS, INPUTS).json().put("version", 9);
    ((ObjectNode) newer.path("values")).put("settings.optimization.lookahead", 5);

    assertThat(of(SETTINGS, INPUTS).differences(RunValues.read(newer)))
        .containsExactly("optimization.lookahead is 5 there and not known here");
  }

  @Test
  void shouldRefuseACheckpointWithoutASettingThatMatters() {
    ObjectNode cut = of(SETTINGS, INPUTS).json();
    ((ObjectNode) cut.path("values")).remove("settings.seed");

    assertThat(of(SETTINGS, INPUTS).differences(RunValues.read(cut)))
        .containsExactly("seed is not known there and 7 here");
  }

  @Test
  void shouldReadTheTextOfEarlierCheckpoints() {
    String text =
        "TrainingSettings[epochs=2.0, maxSteps=0, batching=Batching[batchSize=4,"
            + " gradientAccumulation=1, tokenBudget=0, sharePrefixes=true],"
            + " optimization=Optimization[rule=%s, learningRate=2.0E-4, weightDecay=0.0,"
            + " maxGradNorm=1.0, loraPlusRatio=1.0, embeddingRateFactor=1.0, pagedState=false,"
            + " maxSkippedSteps=3], schedule=Schedule[shape=COSINE, warmupRatio=0.03,"
            + " decayRatio=0.1, floor=0.0], regularisation=Regularisation[dropout=0.0,"
            + " neftuneAlpha=0.0, labelSmoothing=0.0, emaDecay=0.0],"
            + " evaluation=Evaluation[everySteps=0, patience=0, minImprovement=0.0,"
            + " keepBest=false], checkpointing=Checkpointing[everySteps=50, keepLast=2],"
            + " recomputeActivations=false, seed=7] rows=12 trainable=288";
    for (OptimizerRule rule : OptimizerRule.defaults().values()) {
      TrainingSettings with = SETTINGS.with(Optimization.DEFAULT.withRule(rule));
      RunValues earlier = RunValues.ofFingerprint(text.formatted(rule));

      assertThat(of(with, INPUTS).differences(earlier)).as(rule.id()).isEmpty();
      assertThat(of(with.withSeed(8), INPUTS).differences(earlier))
          .containsExactly("seed is 7 there and 8 here");
    }
    assertThatThrownBy(() -> RunValues.ofFingerprint("something else"))
        .isInstanceOfSatisfying(
            LlmException.class, e -> assertThat(e.code()).isEqualTo("checkpoint_mismatch"));
  }

  private static RunValues of(TrainingSettings settings, TrainingInputs inputs) {
    return RunValues.of(settings, inputs, "float32", WeightForm.PLAIN, 288, Map.of());
  }
}
