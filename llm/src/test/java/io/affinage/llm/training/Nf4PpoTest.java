package io.affinage.llm.training;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import io.affinage.llm.FamilyFixture;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.model.ScalarHead;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.objective.Grpo;
import io.affinage.llm.objective.KlControl;
import io.affinage.llm.objective.KlEstimator;
import io.affinage.llm.objective.Objective;
import io.affinage.llm.objective.Ppo;
import io.affinage.llm.objective.TokenRewards;
import io.affinage.llm.rollout.AdvantageRule;
import io.affinage.llm.rollout.GroupComparison;
import io.affinage.llm.rollout.PolicySignals;
import io.affinage.llm.rollout.RewardFunction;
import io.affinage.llm.rollout.RolloutLog;
import io.affinage.llm.rollout.RolloutPrompt;
import io.affinage.llm.rollout.RolloutSettings;
import io.affinage.llm.rollout.RolloutSource;
import io.affinage.llm.rollout.TokenAdvantages;
import io.affinage.llm.tensor.Precision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Learning from sampled answers on one base in NF4, on which policy, reference and values stand:
 * the answers, losses and weights of the plain model of the dequantized weights, to the bit, with
 * no more than a block for each of two threads in memory.
 */
class Nf4PpoTest {
  private static final LoraConfig LORA = new LoraConfig(2, 4, 0, false, List.of("all-linear"));
  private static final int STEPS = 4;

  /** What came of a run. */
  private record Results(
      List<int[]> answers, List<Map<String, Double>> steps, List<float[]> trained, int mostHeld) {}

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  void shouldLearnByPpoAsOnTheDequantizedWeights(Precision precision) {
    RolloutSettings rollouts =
        rollouts(
            new RolloutSettings.Updates(2, 1),
            1,
            new TokenAdvantages(
                new TokenRewards(KlEstimator.K1, 0),
                new KlControl.Fixed(0.05),
                1,
                0.95,
                false,
                true));
    check(precision, rollouts, new Ppo(0.2, 0.2, 0.5, 0, KlEstimator.K1));
  }

  @Test
  void shouldLearnByGrpoAsOnTheDequantizedWeights() {
    check(
        Precision.FLOAT32,
        rollouts(
            new RolloutSettings.Updates(1, 1),
            3,
            GroupComparison.of(GroupComparison.Estimator.GROUP)),
        new Grpo(Grpo.LossType.DAPO, Grpo.Level.TOKEN, 0.2, 0.2, 0.04, true, 6));
  }

  private static void check(Precision precision, RolloutSettings rollouts, Objective objective) {
    Checkpoint files = FamilyFixture.named("llama3-rope").checkpoint();
    Results expected =
        results(
            DecoderFiles.rounded(files, WeightForm.NF4_DOUBLE),
            WeightForm.PLAIN,
            precision,
            rollouts,
            objective);
    Results actual = results(files, WeightForm.NF4_DOUBLE, precision, rollouts, objective);

    assertThat(actual.answers()).usingRecursiveComparison().isEqualTo(expected.answers());
    assertThat(actual.steps()).isEqualTo(expected.steps()).hasSize(STEPS);
    assertThat(actual.trained()).usingRecursiveComparison().isEqualTo(expected.trained());
    assertThat(actual.mostHeld()).isBetween(1, 2);
    assertThat(expected.answers().stream().map(Arrays::toString).distinct().count())
        .isGreaterThan(4);
    assertThat(expected.steps().get(STEPS - 1)).isNotEqualTo(expected.steps().get(0));
  }

  private static RolloutSettings rollouts(
      RolloutSettings.Updates updates, int group, AdvantageRule rule) {
    return new RolloutSettings(4, group, updates, 6, Set.of(0), 0.7, false, rule, 5);
  }

  private static Results results(
      Checkpoint checkpoint,
      WeightForm form,
      Precision precision,
      RolloutSettings rollouts,
      Objective objective) {
    List<int[]> answers = new ArrayList<>();
    RewardFunction even =
        sampled ->
            sampled.stream()
                .map(
                    each -> {
                      int[] ids = each.answer().ids();
                      answers.add(ids);
                      return OptionalDouble.of(
                          IntStream.of(ids).filter(id -> id % 2 == 0).count()
                              / (double) ids.length);
                    })
                .toList();
    TrainingSettings settings =
        TrainingSettings.DEFAULT
            .withMaxSteps(STEPS)
            .with(new Batching(4, 2, 0, true))
            .with(Optimization.DEFAULT.withLearningRate(1e-2))
            .withSeed(9);
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder = DecoderFiles.load(root, checkpoint, precision, form);
        LoraAdapter adapter = LoraAdapter.initialise(decoder, LORA, 3);
        ScalarHead values = ScalarHead.zeros(decoder);
        Trainables trainables =
            objective instanceof Ppo
                ? Trainables.withValues(decoder, adapter, values)
                : Trainables.of(decoder, adapter)) {
      RolloutSource source =
          new RolloutSource(
              decoder,
              adapter,
              prompts(decoder.shape().vocabularySize()),
              rollouts,
              even,
              new PolicySignals(
                  decoder,
                  adapter,
                  objective instanceof Ppo
                      ? Optional.of(decoder.withoutAdapter())
                      : Optional.empty(),
                  objective instanceof Ppo ? Optional.of(values) : Optional.empty(),
                  rollouts.temperature()),
              RolloutLog.NONE,
              () -> "");
      Recorder recorder = Recorder.toTheEnd();
      try (TrainingRun run =
          new TrainingRun(
              decoder,
              trainables,
              settings,
              TrainingInputs.of(source.likeness())
                  .minimising(new Aim(objective, decoder.withoutAdapter())),
              source)) {
        run.run(recorder, Optional.empty());
      }
      return new Results(
          answers,
          recorder.steps.stream().map(TrainingProgress::metrics).toList(),
          TinyModel.values(trainables),
          decoder.blocks().mostHeld());
    }
  }

  private static List<RolloutPrompt> prompts(int vocabulary) {
    return IntStream.range(0, 8)
        .mapToObj(
            i -> new RolloutPrompt("p" + i, new Random(i).ints(3 + i, 1, vocabulary).toArray()))
        .toList();
  }
}
