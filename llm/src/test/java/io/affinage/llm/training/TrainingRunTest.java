package io.affinage.llm.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.adapter.PeftFolder;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.evaluation.LossMeter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingRunTest {
  private static final LoraConfig LORA = new LoraConfig(4, 8, 0.1, false, List.of("all-linear"));
  private static final List<TokenizedExample> EXAMPLES = TinyModel.examples(12, 5);

  private static final TrainingSettings LEARNING =
      TrainingSettings.DEFAULT
          .withMaxSteps(150)
          .with(Batching.of(12))
          .with(Optimization.DEFAULT.withLearningRate(0.03))
          .with(new Schedule(Schedule.Shape.LINEAR, 0.1, 0, 0))
          .withSeed(9);

  @TempDir private Path folder;

  private static TrainingSettings settings(int steps, int accumulation, double dropout) {
    return TrainingSettings.DEFAULT
        .withMaxSteps(steps)
        .with(new Batching(4, accumulation, 0, true))
        .with(Optimization.DEFAULT.withLearningRate(5e-3).withWeightDecay(0.01))
        .with(new Schedule(Schedule.Shape.COSINE, 0.1, 0, 0))
        .with(Regularisation.ofDropout(dropout))
        .with(new Checkpointing(3, 0))
        .withRecomputedActivations(true)
        .withSeed(9);
  }

  @Test
  void shouldLearnItsExamplesAndLeaveTheBaseAlone() {
    try (TinyModel model = new TinyModel();
        LoraAdapter lora = LoraAdapter.initialise(model.decoder, LORA, 1);
        Trainables trainables = Trainables.of(model.decoder, lora);
        TrainingRun run = TrainingRun.overExamples(model.decoder, trainables, LEARNING, EXAMPLES)) {
      double before = meanLoss(model, lora);
      TrainingOutcome outcome = run.run(new TrainingListener() {}, Optional.empty());
      assertThat(outcome.completed()).isTrue();
      assertThat(lora.normOfB()).isPositive();
      // A frozen random head bounds the logits, so an adapter alone cannot do much better.
      assertThat(meanLoss(model, lora)).isLessThan(0.95 * before);
      double base =
          new LossMeter(model.decoder, model.decoder.withoutAdapter())
              .losses(EXAMPLES, 4).stream().mapToDouble(LossMeter.Loss::sum).sum();
      assertThat(base / targets()).isCloseTo(before, within(1e-6));
    }
  }

  @Test
  void shouldLearnByHeartWhenAllWeightsTrain() {
    try (TinyModel model = new TinyModel();
        Trainables trainables = Trainables.allWeights(model.decoder);
        TrainingRun run = TrainingRun.overExamples(model.decoder, trainables, LEARNING, EXAMPLES)) {
      TrainingOutcome outcome = run.run(new TrainingListener() {}, Optional.empty());
      assertThat(outcome.finalLoss()).isLessThan(0.3 * outcome.firstLoss());
    }
  }

  @Test
  void shouldResumeBitForBit() {
    List<float[]> undisturbed;
    try (TinyModel model = new TinyModel();
        LoraAdapter lora = LoraAdapter.initialise(model.decoder, LORA, 1);
        Trainables trainables = Trainables.of(model.decoder, lora);
        TrainingRun run =
            TrainingRun.overExamples(model.decoder, trainables, settings(8, 2, 0.1), EXAMPLES)) {
      run.run(new TrainingListener() {}, Optional.empty());
      undisturbed = values(trainables);
    }
    try (TinyModel model = new TinyModel();
        LoraAdapter lora = LoraAdapter.initialise(model.decoder, LORA, 1);
        Trainables trainables = Trainables.of(model.decoder, lora);
        TrainingRun run =
            TrainingRun.overExamples(model.decoder, trainables, settings(8, 2, 0.1), EXAMPLES)) {
      TrainingOutcome outcome = run.run(stopAfter(5), Optional.of(folder));
      assertThat(outcome.completed()).isFalse();
      assertThat(outcome.steps()).isEqualTo(5);
    }
    try (TinyModel model = new TinyModel();
        LoraAdapter lora = LoraAdapter.initialise(model.decoder, LORA, 99);
        Trainables trainables = Trainables.of(model.decoder, lora);
        TrainingRun run =
            TrainingRun.overExamples(model.decoder, trainables, settings(8, 2, 0.1), EXAMPLES)) {
      run.resume(folder.resolve("checkpoint-5"));
      TrainingOutcome outcome = run.run(new TrainingListener() {}, Optional.empty());
      assertThat(outcome.completed()).isTrue();
      List<float[]> resumed = values(trainables);
      for (int i = 0; i < undisturbed.size(); i++) {
        assertThat(resumed.get(i)).containsExactly(undisturbed.get(i));
      }
    }
  }

  @Test
  void shouldGiveOneStepHoweverItIsAccumulated() {
    List<List<float[]>> results = new ArrayList<>();
    for (int parts : new int[] {1, 2, 4}) {
      try (TinyModel model = new TinyModel();
          LoraAdapter lora = LoraAdapter.initialise(model.decoder, LORA, 1);
          Trainables trainables = Trainables.of(model.decoder, lora);
          TrainingRun run =
              TrainingRun.overExamples(
                  model.decoder, trainables, settings(3, parts, 0), EXAMPLES)) {
        run.run(new TrainingListener() {}, Optional.empty());
        results.add(values(trainables));
      }
    }
    for (int i = 0; i < results.get(0).size(); i++) {
      assertThat(results.get(1).get(i)).containsExactly(results.get(0).get(i), within(1e-4f));
      assertThat(results.get(2).get(i)).containsExactly(results.get(0).get(i), within(1e-4f));
    }
  }

  @Test
  void shouldRefuseACheckpointOfAnotherRun() {
    try (TinyModel model = new TinyModel();
        LoraAdapter lora = LoraAdapter.initialise(model.decoder, LORA, 1);
        Trainables trainables = Trainables.of(model.decoder, lora);
        TrainingRun run =
            TrainingRun.overExamples(model.decoder, trainables, settings(8, 1, 0), EXAMPLES);
        TrainingRun other =
            TrainingRun.overExamples(model.decoder, trainables, settings(9, 1, 0), EXAMPLES)) {
      run.run(stopAfter(2), Optional.of(folder));
      assertThatThrownBy(() -> other.resume(folder.resolve("checkpoint-2")))
          .isInstanceOfSatisfying(
              LlmException.class, e -> assertThat(e.code()).isEqualTo("checkpoint_mismatch"));
    }
  }

  @Test
  void shouldFailOnANonFiniteLossAndNameTheBatch() {
    try (TinyModel model = new TinyModel();
        Trainables trainables = Trainables.allWeights(model.decoder);
        TrainingRun run =
            TrainingRun.overExamples(model.decoder, trainables, settings(8, 1, 0), EXAMPLES)) {
      float[] poisoned = model.decoder.toFloats(model.decoder.norm().get(0));
      poisoned[3] = Float.NaN;
      model.decoder.assign(model.decoder.norm().get(0), poisoned);
      assertThatThrownBy(() -> run.run(new TrainingListener() {}, Optional.empty()))
          .isInstanceOfSatisfying(
              LlmException.class, e -> assertThat(e.code()).isEqualTo("non_finite_loss"))
          .hasMessageContaining("step 3")
          .hasMessageContaining("e");
    }
  }

  /** A batch whose every label is masked has no loss of 0, and no success: rlhf point 16. */
  @Test
  void shouldRefuseAnEmptyMaskAndAZeroAdapter() {
    try (TinyModel model = new TinyModel();
        LoraAdapter lora = LoraAdapter.initialise(model.decoder, LORA, 1);
        Trainables trainables = Trainables.of(model.decoder, lora)) {
      TokenizedExample nothing = new TokenizedExample("x", new int[] {1, 2}, new int[0]);
      assertThatThrownBy(
              () ->
                  TrainingRun.overExamples(
                      model.decoder, trainables, settings(1, 1, 0), List.of(nothing)))
          .isInstanceOfSatisfying(
              LlmException.class, e -> assertThat(e.code()).isEqualTo("empty_loss_mask"));
      assertThatThrownBy(() -> PeftFolder.save(lora, folder, "base"))
          .isInstanceOfSatisfying(
              LlmException.class, e -> assertThat(e.code()).isEqualTo("adapter_is_zero"));
    }
  }

  private static TrainingListener stopAfter(int steps) {
    return new TrainingListener() {
      private int made;

      @Override
      public void onStep(TrainingProgress progress) {
        made = progress.step();
      }

      @Override
      public boolean shouldStop() {
        return made >= steps;
      }
    };
  }

  private static List<float[]> values(Trainables trainables) {
    return trainables.parameters().stream().map(trainables::numbers).toList();
  }

  private static double meanLoss(TinyModel model, LoraAdapter lora) {
    return new LossMeter(model.decoder, lora)
            .losses(EXAMPLES, 5).stream().mapToDouble(LossMeter.Loss::sum).sum()
        / targets();
  }

  private static int targets() {
    return EXAMPLES.stream().mapToInt(TokenizedExample::targetCount).sum();
  }
}
