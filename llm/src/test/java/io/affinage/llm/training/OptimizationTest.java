package io.affinage.llm.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.DecoderShape;
import io.affinage.llm.tensor.Precision;
import io.affinage.llm.training.optimizer.AdamW;
import io.affinage.llm.training.optimizer.Lion;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the optimization settings do to the weights of a run. */
class OptimizationTest {
  private static final List<TokenizedExample> EXAMPLES = TinyModel.examples(12, 5);
  private static final double RATE = 1e-3;
  private static final Schedule CONSTANT = new Schedule(Schedule.Shape.CONSTANT, 0, 0, 0);

  @TempDir private Path folder;

  /** Lion moves every element by the learning rate, which makes rates visible. */
  @Test
  void shouldMoveBFasterThanA() {
    Optimization loraPlus = new Optimization(Lion.DEFAULT, RATE, 0, 0, 16, 1, false, 1);
    try (TinyModel model = new TinyModel();
        LoraAdapter lora =
            LoraAdapter.initialise(
                model.decoder, new LoraConfig(4, 8, 0, false, List.of("all-linear")), 1);
        Trainables trainables = Trainables.of(model.decoder, lora)) {
      // From the second step on A has a gradient too, for B is no longer 0.
      train(model, trainables, loraPlus, 1);
      List<float[]> before = TinyModel.values(trainables);
      train(model, trainables, loraPlus, 1);
      List<float[]> after = TinyModel.values(trainables);
      for (int i = 0; i < before.size(); i++) {
        boolean b = trainables.parameters().get(i).role() == Trainables.Role.LORA_B;
        assertThat(largestMove(before.get(i), after.get(i)))
            .as(trainables.parameters().get(i).name())
            .isCloseTo(b ? 16 * RATE : RATE, within(1e-6));
      }
    }
  }

  @Test
  void shouldSpareNormsFromDecayAndGiveTheEmbeddingItsOwnRate() {
    Optimization decaying = new Optimization(Lion.DEFAULT, RATE, 200, 0, 1, 0.25, false, 1);
    try (TinyModel model = new TinyModel();
        Trainables trainables = Trainables.allWeights(model.decoder)) {
      List<float[]> before = TinyModel.values(trainables);
      train(model, trainables, decaying, 1);
      List<float[]> after = TinyModel.values(trainables);
      for (int i = 0; i < before.size(); i++) {
        Trainables.Role role = trainables.parameters().get(i).role();
        double rate = role == Trainables.Role.EMBEDDING ? RATE / 4 : RATE;
        double kept = role == Trainables.Role.VECTOR ? 1 : 1 - 200 * rate;
        float[] shrunk = before.get(i).clone();
        for (int j = 0; j < shrunk.length; j++) {
          shrunk[j] *= (float) kept;
        }
        assertThat(largestMove(shrunk, after.get(i)))
            .as(trainables.parameters().get(i).name())
            .isCloseTo(rate, within(1e-6));
      }
    }
  }

  @Test
  void shouldSkipABatchThatIsNotFiniteAndCountIt() {
    try (TinyModel model = withPoisonedToken();
        Trainables trainables =
            Trainables.of(model.decoder, WeightSelection.head(model.decoder.config()));
        TrainingRun run =
            TrainingRun.overExamples(
                model.decoder, trainables, singly(Optimization.DEFAULT), withPoison(1))) {
      Recorder recorder = Recorder.toTheEnd();
      TrainingOutcome outcome = run.run(recorder, Optional.empty());

      assertThat(outcome.completed()).isTrue();
      assertThat(outcome.steps()).isEqualTo(2 * 6);
      assertThat(outcome.skippedSteps()).isEqualTo(2);
      assertThat(recorder.steps.stream().filter(step -> !Double.isFinite(step.loss()))).hasSize(2);
      assertThat(outcome.finalLoss()).isFinite();
      for (float[] values : TinyModel.values(trainables)) {
        for (float value : values) {
          assertThat(value).isFinite();
        }
      }
    }
  }

  @Test
  void shouldFailAfterSoManySkippedStepsInARowAndNameTheExamples() {
    try (TinyModel model = withPoisonedToken();
        Trainables trainables =
            Trainables.of(model.decoder, WeightSelection.head(model.decoder.config()));
        TrainingRun run =
            TrainingRun.overExamples(
                model.decoder, trainables, singly(Optimization.DEFAULT), withPoison(6))) {
      assertThatThrownBy(() -> run.run(Recorder.toTheEnd(), Optional.empty()))
          .isInstanceOfSatisfying(
              LlmException.class, e -> assertThat(e.code()).isEqualTo("non_finite_loss"))
          .hasMessageContaining("step 3")
          .hasMessageContaining("poison");
    }
  }

  @Test
  void shouldDivideAStepByATokenBudgetWithoutChangingIt() {
    float[] whole = headAfterTraining(Batching.of(12));
    float[] divided = headAfterTraining(new Batching(12, 1, 30, true));

    assertThat(divided).containsExactly(whole, within(1e-4f)).isNotEqualTo(whole);
    assertThatThrownBy(() -> headAfterTraining(new Batching(12, 1, 5, true)))
        .isInstanceOfSatisfying(
            LlmException.class, e -> assertThat(e.code()).isEqualTo("token_budget_too_small"))
        .hasMessageContaining("example e");
  }

  /** Steps of a ten-thousandth are lost when they are rounded to bfloat16, but not here. */
  @Test
  void shouldSumUpdatesThatSixteenBitsCannotShow() {
    Optimization small = new Optimization(AdamW.DEFAULT, 1e-4, 0, 0, 1, 1, false, 1);
    try (TinyModel model = new TinyModel(Precision.BFLOAT16);
        TinyModel exact = new TinyModel();
        Trainables trainables =
            Trainables.of(model.decoder, new WeightSelection(List.of("*norm*"), List.of()));
        Trainables reference =
            Trainables.of(exact.decoder, new WeightSelection(List.of("*norm*"), List.of()))) {
      float[] before = model.decoder.toFloats(model.decoder.norm().get(0));
      List<float[]> start = TinyModel.values(reference);
      train(model, trainables, small, 60);
      train(exact, reference, small, 60);
      float[] after = model.decoder.toFloats(model.decoder.norm().get(0));

      // Near 1 neighbours in bfloat16 are 2^-7 and 2^-8 apart, 40 to 80 times a step.
      assertThat(largestMove(before, after)).isGreaterThan(3e-3);
      List<float[]> rounded = TinyModel.values(trainables);
      List<float[]> float32 = TinyModel.values(reference);
      for (int i = 0; i < rounded.size(); i++) {
        assertThat(meanMove(rounded.get(i), float32.get(i)))
            .isLessThan(0.2 * meanMove(start.get(i), float32.get(i)));
      }
    }
  }

  @Test
  void shouldPageTheStateOfTheOptimizer() {
    Optimization paged = new Optimization(AdamW.DEFAULT, 1e-2, 0, 1, 1, 1, true, 1);
    Optimization resident = new Optimization(AdamW.DEFAULT, 1e-2, 0, 1, 1, 1, false, 1);
    float[][] results = new float[2][];
    Optimization[] both = {paged, resident};
    for (int i = 0; i < 2; i++) {
      try (TinyModel model = new TinyModel();
          Trainables trainables = Trainables.allWeights(model.decoder);
          TrainingRun run =
              new TrainingRun(
                  model.decoder,
                  trainables,
                  TrainingSettings.DEFAULT.withMaxSteps(4).with(both[i]),
                  TrainingInputs.ofExamples(EXAMPLES).withScratch(folder))) {
        run.run(Recorder.toTheEnd(), Optional.empty());
        results[i] = model.decoder.toFloats(model.decoder.norm().get(0));
      }
    }
    assertThat(results[0]).containsExactly(results[1]);
  }

  private static float[] headAfterTraining(Batching batching) {
    try (TinyModel model = new TinyModel();
        Trainables trainables = Trainables.allWeights(model.decoder);
        TrainingRun run =
            TrainingRun.overExamples(
                model.decoder,
                trainables,
                TrainingSettings.DEFAULT.withMaxSteps(3).with(batching).with(CONSTANT),
                EXAMPLES)) {
      run.run(Recorder.toTheEnd(), Optional.empty());
      return model.decoder.toFloats(model.decoder.head());
    }
  }

  private static void train(
      TinyModel model, Trainables trainables, Optimization optimization, int steps) {
    TrainingSettings settings =
        TrainingSettings.DEFAULT
            .withMaxSteps(steps)
            .with(Batching.of(12))
            .with(optimization)
            .with(CONSTANT);
    try (TrainingRun run =
        TrainingRun.overExamples(model.decoder, trainables, settings, EXAMPLES)) {
      run.run(Recorder.toTheEnd(), Optional.empty());
    }
  }

  private static TrainingSettings singly(Optimization optimization) {
    return TrainingSettings.DEFAULT.withEpochs(2).with(Batching.of(1)).with(optimization);
  }

  /** A token whose embedding is no number; the head does not share it. */
  private static TinyModel withPoisonedToken() {
    TinyModel model =
        new TinyModel(
            DecoderConfig.llama(new DecoderShape(37, 16, 24, 2, 4, 2, 4, 64, false), 1e-5, 10_000));
    float[] embedding = model.decoder.toFloats(model.decoder.embedding());
    embedding[36 * 16] = Float.NaN;
    model.decoder.assign(model.decoder.embedding(), embedding);
    return model;
  }

  private static List<TokenizedExample> withPoison(int count) {
    List<TokenizedExample> examples = new java.util.ArrayList<>();
    for (int i = 0; i < 6; i++) {
      int second = i < count ? 36 : 7;
      examples.add(
          TokenizedExample.targetsFrom(
              (i < count ? "poison" : "good") + i, new int[] {1, second, 3 + i, 9, 2}, 3));
    }
    return examples;
  }

  private static double meanMove(float[] before, float[] after) {
    double sum = 0;
    for (int i = 0; i < before.length; i++) {
      sum += Math.abs(after[i] - before[i]);
    }
    return sum / before.length;
  }

  private static double largestMove(float[] before, float[] after) {
    double largest = 0;
    for (int i = 0; i < before.length; i++) {
      largest = Math.max(largest, Math.abs(after[i] - before[i]));
    }
    return largest;
  }
}
