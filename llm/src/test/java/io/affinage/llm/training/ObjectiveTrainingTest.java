package io.affinage.llm.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.LongNode;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.data.Group;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.DecoderShape;
import io.affinage.llm.objective.Dpo;
import io.affinage.llm.objective.Loss;
import io.affinage.llm.objective.Objective;
import io.affinage.llm.objective.ScoredBatch;
import io.affinage.llm.objective.ScoredGroup;
import io.affinage.llm.objective.ScoredSequence;
import io.affinage.llm.objective.Signal;
import io.affinage.llm.tensor.Precision;
import io.affinage.llm.tensor.ThreadPair;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Training by objectives: the same under any division, and resumed in the same bits. */
@Tag("slow")
class ObjectiveTrainingTest {
  private static final LoraConfig LORA = new LoraConfig(3, 6, 0, false, List.of("all-linear"));
  private static final List<Group> PAIRS = pairs(12);

  @TempDir private Path folder;

  /**
   * Learns from the groups that score above the middle of the batch, by how far the batch's mean is
   * from where an adaptive coefficient wants it: a sort, a mean, and state.
   */
  private static final class Ranked implements Objective {
    private double coefficient = 0.5;

    @Override
    public String id() {
      return "ranked";
    }

    @Override
    public Set<Signal> needs() {
      return Set.of(Signal.REFERENCE_LOGP);
    }

    @Override
    public boolean needsWholeBatch() {
      return true;
    }

    @Override
    public void requireFit(Group group) {}

    @Override
    public Loss of(ScoredBatch batch) {
      double[] margins = batch.groups().stream().mapToDouble(Ranked::margin).toArray();
      double[] sorted = margins.clone();
      Arrays.sort(sorted);
      double middle = sorted[sorted.length / 2];
      double mean = Arrays.stream(margins).average().orElseThrow();
      Loss.Sum sum = new Loss.Sum();
      for (int g = 0; g < margins.length; g++) {
        double slope = margins[g] >= middle ? coefficient * 2 * (mean - 1) / margins.length : 0;
        List<double[]> byMember = new ArrayList<>();
        for (ScoredSequence member : batch.groups().get(g).members()) {
          double[] each = new double[member.targets()];
          Arrays.fill(each, byMember.isEmpty() ? slope : -slope);
          byMember.add(each);
        }
        sum.add(margins[g] * (margins[g] >= middle ? 1 : 0), byMember, Map.of("mean", margins[g]));
      }
      return sum.loss();
    }

    private static double margin(ScoredGroup group) {
      ScoredSequence first = group.members().get(0);
      ScoredSequence second = group.members().get(1);
      return first.logpSum()
          - first.sum(Signal.REFERENCE_LOGP)
          - second.logpSum()
          + second.sum(Signal.REFERENCE_LOGP);
    }

    @Override
    public JsonNode state() {
      return DoubleNode.valueOf(coefficient);
    }

    @Override
    public void restore(JsonNode state) {
      coefficient = state.doubleValue();
    }

    private record Nothing() {}

    @Override
    public Record settings() {
      return new Nothing();
    }

    @Override
    public void stepped(double loss, Map<String, Double> metrics) {
      coefficient *= loss > 0 ? 1.1 : 0.7;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"dpo", "ranked"})
  void shouldGiveTheSameUnderAnyDivision(String name) {
    try (TinyModel model = new TinyModel();
        LoraAdapter policy = TinyModel.randomAdapter(model.decoder, LORA, 0.3);
        LoraAdapter start = TinyModel.randomAdapter(model.decoder, LORA, 0.2);
        Trainables trainables = Trainables.of(model.decoder, policy);
        PassedReference reference = new PassedReference(model.decoder, start, 0, true, 1)) {
      StepLoss.Result expected = null;
      List<float[]> gradients = List.of();
      for (Batching batching :
          List.of(
              new Batching(12, 1, 0, true),
              new Batching(12, 1, 0, false),
              new Batching(12, 5, 0, true),
              new Batching(12, 1, 45, true))) {
        trainables.clearGradients();
        TrainingSettings settings = TrainingSettings.DEFAULT.with(batching);
        Backpropagation backpropagation = new Backpropagation(model.decoder, trainables, settings);
        StepLoss.Result result =
            new ObjectiveLoss(
                    objective(name),
                    backpropagation,
                    Optional.of(reference),
                    step -> PAIRS,
                    batching)
                .accumulate(PAIRS, 0);
        backpropagation.close();
        List<float[]> found = TinyModel.gradients(trainables);
        if (expected == null) {
          expected = result;
          gradients = found;
          assertThat(trainables.gradientNorm()).isGreaterThan(1e-3);
        }
        assertThat(result.loss()).isCloseTo(expected.loss(), within(1e-5));
        assertThat(result.metrics().keySet()).isEqualTo(expected.metrics().keySet());
        for (int i = 0; i < found.size(); i++) {
          assertThat(found.get(i)).containsExactly(gradients.get(i), within(1e-5f));
        }
      }
    }
  }

  /** Two threads compute a half each; no pair is in both. */
  @ParameterizedTest
  @ValueSource(strings = {"dpo", "ranked"})
  void shouldGiveTheSameInTwoHalves(String name) {
    List<Group> many = pairs(70);
    try (TinyModel model = new TinyModel();
        LoraAdapter policy = TinyModel.randomAdapter(model.decoder, LORA, 0.3);
        Trainables trainables = Trainables.of(model.decoder, policy);
        PassedReference reference =
            new PassedReference(model.decoder, model.decoder.withoutAdapter(), 0, true, 1);
        ThreadPair threads =
            ThreadPair.start().orElseGet(() -> Assumptions.abort("no even number of processors"))) {
      TrainingSettings settings = TrainingSettings.DEFAULT.with(Batching.of(70));
      assertThat(
              Halves.of(
                  GroupRow.of(many, model.decoder, true, 0),
                  groups -> GroupRow.of(groups, model.decoder, true, 0)))
          .isPresent();
      StepLoss.Result whole =
          loss(model, trainables, settings, reference, Optional.empty(), name, many);
      List<float[]> expected = TinyModel.gradients(trainables);
      trainables.clearGradients();
      StepLoss.Result halves =
          loss(model, trainables, settings, reference, Optional.of(threads), name, many);

      assertThat(halves.loss()).isCloseTo(whole.loss(), within(1e-5));
      List<float[]> found = TinyModel.gradients(trainables);
      for (int i = 0; i < found.size(); i++) {
        assertThat(found.get(i)).containsExactly(expected.get(i), within(1e-5f));
      }
    }
  }

  private static StepLoss.Result loss(
      TinyModel model,
      Trainables trainables,
      TrainingSettings settings,
      Reference reference,
      Optional<ThreadPair> threads,
      String name,
      List<Group> groups) {
    try (Backpropagation backpropagation =
        new Backpropagation(model.decoder, trainables, settings, threads)) {
      return new ObjectiveLoss(
              objective(name),
              backpropagation,
              Optional.of(reference),
              step -> groups,
              settings.batching())
          .accumulate(groups, 0);
    }
  }

  /** Neither the reference nor the policy rounds otherwise: at the start nothing differs. */
  @ParameterizedTest
  @EnumSource(
      value = Precision.class,
      names = {"FLOAT32", "BFLOAT16"})
  void shouldStartFromTheReference(Precision precision) {
    Recorder first = Recorder.stoppingAfter(1);
    train(precision, "dpo", "adapter", 1, first, Optional.empty(), "start");

    assertThat(first.steps.get(0).loss()).isEqualTo(Math.log(2));
    assertThat(first.steps.get(0).metrics())
        .containsEntry("rewards/chosen", 0.0)
        .containsEntry("rewards/margins", 0.0)
        .containsEntry("rewards/accuracies", 0.0);
  }

  /** A norm that rounds otherwise where nothing is trained shows in a wider model only. */
  @Test
  void shouldScoreAsTrainingDoes() {
    DecoderConfig wide =
        DecoderConfig.llama(new DecoderShape(37, 192, 256, 2, 4, 2, 48, 64, true), 1e-5, 10_000);
    try (TinyModel model = new TinyModel(wide, Precision.BFLOAT16);
        LoraAdapter lora = LoraAdapter.initialise(model.decoder, LORA, 5);
        Trainables trainables = Trainables.of(model.decoder, lora);
        PassedReference reference =
            new PassedReference(model.decoder, model.decoder.withoutAdapter(), 0, true, 1)) {
      TrainingSettings settings = TrainingSettings.DEFAULT.with(Batching.of(12));
      StepLoss.Result result =
          loss(model, trainables, settings, reference, Optional.empty(), "dpo", PAIRS);

      assertThat(result.metrics()).containsEntry("rewards/chosen", 0.0);
      assertThat(result.loss()).isCloseTo(Math.log(2), within(1e-12));
    }
  }

  /** The sign: chosen answers become likelier than rejected ones, in every way of training. */
  @ParameterizedTest
  @CsvSource({"adapter, 1", "adapter, 4", "weights, 4"})
  void shouldLearnToPrefer(String trained, int epochs) {
    Recorder recorder = Recorder.toTheEnd();
    train(Precision.FLOAT32, "dpo", trained, epochs, recorder, Optional.empty(), "learn");

    TrainingProgress last = recorder.steps.get(recorder.steps.size() - 1);
    assertThat(last.loss()).isLessThan(recorder.steps.get(0).loss());
    assertThat(last.metrics().get("rewards/margins")).isPositive();
  }

  /** A larger beta holds the model nearer to where it started. */
  @Test
  void shouldStayNearerTheReferenceWithALargerBeta() {
    double[] moved = new double[2];
    for (int i = 0; i < 2; i++) {
      double beta = i == 0 ? 0.1 : 5;
      Recorder recorder = Recorder.toTheEnd();
      train(
          Precision.FLOAT32,
          new Dpo(beta, 0),
          "adapter",
          12,
          recorder,
          Optional.empty(),
          "beta " + i);
      TrainingProgress last = recorder.steps.get(recorder.steps.size() - 1);
      moved[i] = last.metrics().get("rewards/margins") / beta;
    }
    assertThat(moved[1]).isLessThan(moved[0]);
  }

  /**
   * With one epoch the reference is computed along; with several, and where weights of the model
   * are trained, it is kept in checkpoints.
   */
  @ParameterizedTest
  @CsvSource({
    "dpo, adapter, 1, FLOAT32",
    "dpo, adapter, 3, BFLOAT16",
    "dpo, weights, 3, FLOAT32",
    "dpo, weights, 3, BFLOAT16",
    "ranked, adapter, 3, FLOAT32",
    "ranked, weights, 1, FLOAT32"
  })
  void shouldEndInTheSameBitsWhenResumed(
      String name, String trained, int epochs, Precision precision) throws Exception {
    List<float[]> undisturbed =
        train(precision, name, trained, epochs, Recorder.toTheEnd(), Optional.empty(), "a");
    Recorder stopping = Recorder.stoppingAfter(2);
    train(precision, name, trained, epochs, stopping, Optional.empty(), "b");
    Path last = stopping.checkpoints.get(stopping.checkpoints.size() - 1);
    assertThat(Files.exists(last.resolve("reference.safetensors")))
        .isEqualTo(epochs > 1 || trained.equals("weights"));

    Recorder rest = Recorder.toTheEnd();
    List<float[]> resumed = train(precision, name, trained, epochs, rest, Optional.of(last), "c");

    assertThat(rest.steps.get(0).step()).isEqualTo(3);
    for (int i = 0; i < undisturbed.size(); i++) {
      assertThat(resumed.get(i)).containsExactly(undisturbed.get(i));
    }
  }

  @Test
  void shouldRefuseACheckpointOfAnotherObjective() {
    Recorder stopping = Recorder.stoppingAfter(2);
    train(Precision.FLOAT32, new Dpo(0.1, 0), "adapter", 1, stopping, Optional.empty(), "a");
    Path last = stopping.checkpoints.get(0);

    assertThatThrownBy(
            () ->
                train(
                    Precision.FLOAT32,
                    new Dpo(0.2, 0),
                    "adapter",
                    1,
                    Recorder.toTheEnd(),
                    Optional.of(last),
                    "b"))
        .isInstanceOf(LlmException.class)
        .hasFieldOrPropertyWithValue("code", "checkpoint_mismatch");
  }

  /** Groups that depend on what was drawn before, as rollouts do. */
  private static final class Drawn implements BatchSource {
    private long drawn = 17;

    @Override
    public List<Group> next(int step) {
      List<Group> groups = new ArrayList<>();
      Set<Integer> taken = new HashSet<>();
      while (groups.size() < 4) {
        drawn = drawn * 6364136223846793005L + 1442695040888963407L;
        int at = (int) Long.remainderUnsigned(drawn >>> 20, PAIRS.size());
        if (taken.add(at)) {
          groups.add(PAIRS.get(at));
        }
      }
      return groups;
    }

    @Override
    public JsonNode position() {
      return LongNode.valueOf(drawn);
    }

    @Override
    public void seek(JsonNode position) {
      drawn = position.longValue();
    }
  }

  @Test
  void shouldTakeTheSourceBackToItsPosition() {
    List<float[]> undisturbed = drawn(Recorder.toTheEnd(), Optional.empty(), "a");
    Recorder stopping = Recorder.stoppingAfter(4);
    drawn(stopping, Optional.empty(), "b");

    List<float[]> resumed =
        drawn(Recorder.toTheEnd(), Optional.of(stopping.checkpoints.get(0)), "c");

    for (int i = 0; i < undisturbed.size(); i++) {
      assertThat(resumed.get(i)).containsExactly(undisturbed.get(i));
    }
  }

  private List<float[]> drawn(Recorder recorder, Optional<Path> resume, String name) {
    TrainingSettings settings = settings(1).withMaxSteps(7);
    try (TinyModel model = new TinyModel();
        LoraAdapter lora = LoraAdapter.initialise(model.decoder, LORA, 5);
        Trainables trainables = Trainables.of(model.decoder, lora);
        TrainingRun run =
            new TrainingRun(
                model.decoder,
                trainables,
                settings,
                TrainingInputs.of(PAIRS)
                    .minimising(new Aim(new Ranked(), model.decoder.withoutAdapter())),
                new Drawn())) {
      resume.ifPresent(run::resume);
      run.run(recorder, Optional.of(folder.resolve(name)));
      return TinyModel.values(trainables);
    }
  }

  /** State files of runs that know no more than their step are what they were before. */
  @Test
  void shouldWriteNoMoreThanBeforeWithoutAnObjective() throws Exception {
    Recorder stopping = Recorder.stoppingAfter(1);
    try (TinyModel model = new TinyModel();
        LoraAdapter lora = LoraAdapter.initialise(model.decoder, LORA, 5);
        Trainables trainables = Trainables.of(model.decoder, lora);
        TrainingRun run =
            TrainingRun.overExamples(
                model.decoder, trainables, settings(1), TinyModel.examples(8, 1))) {
      run.run(stopping, Optional.of(folder));
    }
    assertThat(
            new ObjectMapper()
                .readTree(stopping.checkpoints.get(0).resolve("state.json").toFile())
                .fieldNames())
        .toIterable()
        .containsExactly("run", "state", "parts");
    assertThat(stopping.checkpoints.get(0).resolve("reference.safetensors")).doesNotExist();
  }

  @Test
  void shouldTellWhatTheReferenceTakes() {
    for (int epochs : new int[] {1, 3}) {
      try (TinyModel model = new TinyModel();
          LoraAdapter lora = LoraAdapter.initialise(model.decoder, LORA, 5);
          Trainables trainables = Trainables.of(model.decoder, lora);
          TrainingRun run =
              new TrainingRun(
                  model.decoder,
                  trainables,
                  settings(epochs),
                  TrainingInputs.of(PAIRS)
                      .minimising(new Aim(new Dpo(0.1, 0), model.decoder.withoutAdapter())))) {
        PreflightReport preflight = run.preflight();
        assertThat(preflight.time().reference().isPresent()).isEqualTo(epochs > 1);
        assertThat(preflight.counts().examples()).isEqualTo(2 * PAIRS.size());
        assertThat(preflight.counts().computedTokens()).isLessThan(preflight.counts().tokens());
        assertThat(trainables.gradientNorm()).isZero();
      }
    }
  }

  /** Tokens cannot be smoothed over the vocabulary by a loss of pairs. */
  @Test
  void shouldRefuseSmoothingOfTokens() {
    assertThatThrownBy(
            () ->
                train(
                    Precision.FLOAT32,
                    new Dpo(0.1, 0),
                    "adapter",
                    settings(1).with(new Regularisation(0, 0, 0.1, 0)),
                    Recorder.toTheEnd(),
                    Optional.empty(),
                    "a"))
        .isInstanceOf(LlmException.class)
        .hasFieldOrPropertyWithValue("code", "setting_without_effect");
  }

  private static Objective objective(String name) {
    return name.equals("dpo") ? new Dpo(0.3, 0.1) : new Ranked();
  }

  private List<float[]> train(
      Precision precision,
      String name,
      String trained,
      int epochs,
      Recorder recorder,
      Optional<Path> resume,
      String to) {
    return train(precision, objective(name), trained, epochs, recorder, resume, to);
  }

  private List<float[]> train(
      Precision precision,
      Objective objective,
      String trained,
      int epochs,
      Recorder recorder,
      Optional<Path> resume,
      String to) {
    return train(precision, objective, trained, settings(epochs), recorder, resume, to);
  }

  private List<float[]> train(
      Precision precision,
      Objective objective,
      String trained,
      TrainingSettings settings,
      Recorder recorder,
      Optional<Path> resume,
      String to) {
    try (TinyModel model = new TinyModel(precision);
        LoraAdapter lora = LoraAdapter.initialise(model.decoder, LORA, 5);
        Trainables trainables =
            trained.equals("adapter")
                ? Trainables.of(model.decoder, lora)
                : Trainables.of(model.decoder, WeightSelection.ALL, settings.batching());
        TrainingRun run =
            new TrainingRun(
                model.decoder,
                trainables,
                settings,
                TrainingInputs.of(PAIRS)
                    .minimising(new Aim(objective, model.decoder.withoutAdapter())))) {
      resume.ifPresent(run::resume);
      run.run(recorder, Optional.of(folder.resolve(to)));
      return TinyModel.values(trainables);
    }
  }

  private static TrainingSettings settings(int epochs) {
    return TrainingSettings.DEFAULT
        .withEpochs(epochs)
        .with(new Batching(4, 2, 0, true))
        .with(Optimization.DEFAULT.withLearningRate(3e-3))
        .with(new Checkpointing(2, 0))
        .withSeed(9);
  }

  /** Pairs that share a prompt, and now and then the beginnings of their answers. */
  private static List<Group> pairs(int count) {
    Random random = new Random(4);
    List<Group> pairs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int prompt = 2 + random.nextInt(4);
      int[] start = random.ints(prompt + i % 3, 1, 37).toArray();
      pairs.add(
          Group.pair(
              answer("c" + i, start, prompt, random), answer("r" + i, start, prompt, random)));
    }
    return pairs;
  }

  private static TokenizedExample answer(String id, int[] start, int prompt, Random random) {
    int[] ids = Arrays.copyOf(start, start.length + 1 + random.nextInt(5));
    for (int i = start.length; i < ids.length; i++) {
      ids[i] = 1 + random.nextInt(36);
    }
    return TokenizedExample.targetsFrom(id, ids, prompt);
  }
}
