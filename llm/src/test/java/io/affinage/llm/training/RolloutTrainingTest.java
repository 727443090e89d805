package io.affinage.llm.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.data.Group;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.objective.Grpo;
import io.affinage.llm.objective.Loss;
import io.affinage.llm.objective.Objective;
import io.affinage.llm.objective.Rloo;
import io.affinage.llm.objective.ScoredBatch;
import io.affinage.llm.objective.ScoredGroup;
import io.affinage.llm.objective.ScoredSequence;
import io.affinage.llm.objective.Signal;
import io.affinage.llm.rollout.GroupComparison.Estimator;
import io.affinage.llm.rollout.RewardFunction;
import io.affinage.llm.rollout.RolloutPrompt;
import io.affinage.llm.rollout.RolloutSettings;
import io.affinage.llm.rollout.RolloutSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Training on answers that are sampled as it goes. */
@Tag("slow")
class RolloutTrainingTest {
  private static final int WANTED = 7;
  private static final LoraConfig LORA = new LoraConfig(4, 8, 0, false, List.of("all-linear"));
  private static final List<RolloutPrompt> PROMPTS =
      IntStream.range(0, 6)
          .mapToObj(i -> new RolloutPrompt("p" + i, new Random(i).ints(3 + i, 1, 37).toArray()))
          .toList();

  /** The share of an answer's tokens that are the wanted one. */
  private static final RewardFunction WANTED_SHARE =
      rollouts ->
          rollouts.stream()
              .map(
                  each ->
                      OptionalDouble.of(
                          IntStream.of(each.answer().ids()).filter(id -> id == WANTED).count()
                              / (double) each.answer().ids().length))
              .toList();

  @TempDir private Path folder;

  private static Objective objective(String id, double beta) {
    return id.equals("grpo")
        ? new Grpo(Grpo.LossType.DAPO, Grpo.Level.TOKEN, 0.2, 0.2, beta, true, 8)
        : new Rloo(0.2, 0.2);
  }

  private static RolloutSettings rollouts(int iterations, Estimator estimator) {
    return new RolloutSettings(3, 6, iterations, 8, Set.of(0), estimator, 5);
  }

  private static TrainingSettings settings(int steps) {
    return TrainingSettings.DEFAULT
        .withMaxSteps(steps)
        .with(new Batching(3, 2, 0, true))
        .with(Optimization.DEFAULT.withLearningRate(2e-2))
        .with(new Checkpointing(2, 0))
        .withSeed(9);
  }

  private static TrainingRun run(
      TinyModel model,
      LoraAdapter adapter,
      Trainables trainables,
      RolloutSource source,
      Objective objective,
      int steps) {
    return new TrainingRun(
        model.decoder,
        trainables,
        settings(steps),
        TrainingInputs.of(source.likeness())
            .minimising(new Aim(objective, model.decoder.withoutAdapter())),
        source);
  }

  private static double meanReward(List<TrainingProgress> steps) {
    return steps.stream().mapToDouble(step -> step.metrics().get("reward")).average().orElseThrow();
  }

  /** All weights are trained: an adapter cannot make the logits of so small a head large. */
  @ParameterizedTest
  @ValueSource(strings = {"grpo", "rloo"})
  void shouldLiftTheReward(String id) {
    try (TinyModel model = new TinyModel();
        Trainables trainables =
            Trainables.of(model.decoder, WeightSelection.ALL, settings(1).batching())) {
      Estimator estimator = id.equals("grpo") ? Estimator.GROUP : Estimator.LEAVE_ONE_OUT;
      RolloutSource source =
          new RolloutSource(
              model.decoder,
              model.decoder.withoutAdapter(),
              PROMPTS,
              rollouts(1, estimator),
              WANTED_SHARE);
      Recorder recorder = Recorder.toTheEnd();
      try (TrainingRun run =
          new TrainingRun(
              model.decoder,
              trainables,
              settings(60),
              TrainingInputs.of(source.likeness())
                  .minimising(new Aim(objective(id, 0), model.decoder.withoutAdapter())),
              source)) {
        run.run(recorder, Optional.empty());
      }
      double before = meanReward(recorder.steps.subList(0, 6));
      double after = meanReward(recorder.steps.subList(54, 60));
      assertThat(before).isLessThan(0.2);
      assertThat(after).isGreaterThan(before + 0.3);
      assertThat(recorder.steps.get(0).metrics())
          .containsKeys(
              "reward_std", "frac_reward_zero_std", "completions/mean_length", "unscored");
    }
  }

  /** A larger weight of the divergence leaves less of it: rlhf point 6. */
  @Test
  void shouldStayNearerToTheReferenceWithALargerBeta() {
    assertThat(divergenceAfterTraining(100)).isLessThan(0.5 * divergenceAfterTraining(0.001));
  }

  private static double divergenceAfterTraining(double beta) {
    try (TinyModel model = new TinyModel();
        LoraAdapter adapter = LoraAdapter.initialise(model.decoder, LORA, 3);
        Trainables trainables = Trainables.of(model.decoder, adapter)) {
      RolloutSource source =
          new RolloutSource(
              model.decoder, adapter, PROMPTS, rollouts(1, Estimator.GROUP), WANTED_SHARE);
      Recorder recorder = Recorder.toTheEnd();
      try (TrainingRun run = run(model, adapter, trainables, source, objective("grpo", beta), 30)) {
        run.run(recorder, Optional.empty());
      }
      return recorder.steps.subList(25, 30).stream()
          .mapToDouble(step -> step.metrics().get("kl"))
          .average()
          .orElseThrow();
    }
  }

  /** Looks at the log-probabilities by which answers were sampled. */
  private static final class Watching implements Objective {
    private final List<Double> differences = new ArrayList<>();

    @Override
    public String id() {
      return "watching";
    }

    @Override
    public Record settings() {
      return new RolloutPrompt("none", new int[] {1});
    }

    @Override
    public Set<Signal> needs() {
      return EnumSet.of(Signal.OLD_LOGP, Signal.ADVANTAGE);
    }

    @Override
    public void requireFit(Group group) {}

    @Override
    public Loss of(ScoredBatch batch) {
      Loss.Sum sum = new Loss.Sum();
      for (ScoredGroup group : batch.groups()) {
        List<double[]> zeros = new ArrayList<>();
        for (ScoredSequence member : group.members()) {
          float[] old = member.signal(Signal.OLD_LOGP);
          for (int t = 0; t < old.length; t++) {
            differences.add(Math.abs((double) old[t] - member.logp()[t]));
          }
          zeros.add(new double[member.targets()]);
        }
        sum.add(0, zeros, Map.of());
      }
      return sum.loss();
    }
  }

  /** With B not zero: rlhf point 9. */
  @Test
  void shouldSampleByTheLogProbabilitiesThatTrainingComputes() {
    try (TinyModel model = new TinyModel();
        LoraAdapter adapter = TinyModel.randomAdapter(model.decoder, LORA, 0.3);
        Trainables trainables = Trainables.of(model.decoder, adapter)) {
      RolloutSource source =
          new RolloutSource(
              model.decoder, adapter, PROMPTS, rollouts(1, Estimator.GROUP), WANTED_SHARE);
      Watching watching = new Watching();
      try (TrainingRun run = run(model, adapter, trainables, source, watching, 2)) {
        run.run(Recorder.toTheEnd(), Optional.empty());
      }
      assertThat(watching.differences).hasSizeGreaterThan(100);
      assertThat(watching.differences).allSatisfy(d -> assertThat(d).isLessThan(1e-4));
    }
  }

  /** Stopped where a step learns from answers of the step before, as where it samples its own. */
  @ParameterizedTest
  @ValueSource(ints = {4, 6})
  void shouldResumeWithTheSameBits(int stop) {
    List<float[]> whole = trained(folder.resolve("whole"), Integer.MAX_VALUE, Optional.empty());
    Path cut = folder.resolve("cut");
    trained(cut, stop, Optional.empty());
    List<float[]> resumed =
        trained(cut, Integer.MAX_VALUE, Optional.of(cut.resolve("checkpoint-" + stop)));
    assertThat(resumed).usingRecursiveComparison().isEqualTo(whole);
  }

  private static List<float[]> trained(Path checkpoints, int stopAfter, Optional<Path> from) {
    try (TinyModel model = new TinyModel();
        LoraAdapter adapter = LoraAdapter.initialise(model.decoder, LORA, 3);
        Trainables trainables = Trainables.of(model.decoder, adapter)) {
      RolloutSource source =
          new RolloutSource(
              model.decoder, adapter, PROMPTS, rollouts(3, Estimator.GROUP), WANTED_SHARE);
      try (TrainingRun run = run(model, adapter, trainables, source, objective("grpo", 0.1), 9)) {
        from.ifPresent(run::resume);
        run.run(Recorder.stoppingAfter(stopAfter), Optional.of(checkpoints));
      }
      return TinyModel.values(trainables);
    }
  }

  /** What cannot be scored moves nothing, and is counted; what is no number is refused. */
  @Test
  void shouldRefuseRewardsThatAreNone() {
    RewardFunction none = rollouts -> rollouts.stream().map(r -> OptionalDouble.empty()).toList();
    TrainingProgress step = firstStep(none);
    assertThat(step.loss()).isZero();
    assertThat(step.gradNorm()).isCloseTo(0, within(1e-12));
    assertThat(step.metrics())
        .containsEntry("unscored", 18.0)
        .doesNotContainKeys("reward", "reward_std");
    RewardFunction infinite =
        rollouts ->
            rollouts.stream().map(r -> OptionalDouble.of(Double.POSITIVE_INFINITY)).toList();
    assertThatThrownBy(() -> firstStep(infinite))
        .isInstanceOf(LlmException.class)
        .hasMessageContaining("#0 is Infinity");
    assertThatThrownBy(() -> firstStep(rollouts -> List.of()))
        .hasMessageContaining("0 rewards for 18 answers");
  }

  private static TrainingProgress firstStep(RewardFunction rewards) {
    try (TinyModel model = new TinyModel();
        LoraAdapter adapter = LoraAdapter.initialise(model.decoder, LORA, 3);
        Trainables trainables = Trainables.of(model.decoder, adapter)) {
      RolloutSource source =
          new RolloutSource(model.decoder, adapter, PROMPTS, rollouts(1, Estimator.GROUP), rewards);
      Recorder recorder = Recorder.toTheEnd();
      try (TrainingRun run = run(model, adapter, trainables, source, objective("grpo", 0), 1)) {
        run.run(recorder, Optional.empty());
      }
      return recorder.steps.get(0);
    }
  }

  @Test
  void shouldTellBeforehandWhatARunTakes() {
    try (TinyModel model = new TinyModel();
        LoraAdapter adapter = LoraAdapter.initialise(model.decoder, LORA, 3);
        Trainables trainables = Trainables.of(model.decoder, adapter)) {
      RolloutSource source =
          new RolloutSource(
              model.decoder, adapter, PROMPTS, rollouts(1, Estimator.GROUP), WANTED_SHARE);
      try (TrainingRun run = run(model, adapter, trainables, source, objective("grpo", 0.1), 4)) {
        assertThat(run.preflight().counts().steps()).isEqualTo(4);
      }
    }
  }

  @Test
  void shouldRefuseAReferenceThatTrainingMoves() {
    try (TinyModel model = new TinyModel();
        Trainables trainables =
            Trainables.of(model.decoder, WeightSelection.ALL, settings(1).batching())) {
      RolloutSource source =
          new RolloutSource(
              model.decoder,
              model.decoder.withoutAdapter(),
              PROMPTS,
              rollouts(1, Estimator.GROUP),
              WANTED_SHARE);
      TrainingInputs inputs =
          TrainingInputs.of(source.likeness())
              .minimising(new Aim(objective("grpo", 0.1), model.decoder.withoutAdapter()));
      assertThatThrownBy(
              () -> new TrainingRun(model.decoder, trainables, settings(1), inputs, source))
          .isInstanceOf(LlmException.class)
          .hasMessageContaining("beta to 0");
    }
  }
}
