package io.affinage.llm.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluationDuringTrainingTest {
  private static final List<TokenizedExample> EXAMPLES = TinyModel.examples(12, 5);
  private static final List<TokenizedExample> HELD_OUT = TinyModel.examples(6, 77);
  private static final TrainingSettings SETTINGS =
      TrainingSettings.DEFAULT
          .withMaxSteps(60)
          .with(Batching.of(12))
          .with(Optimization.DEFAULT.withLearningRate(0.02))
          .with(new HeldOutEvaluation(2, 3, 0, true));

  @TempDir private Path folder;

  /** Random tokens have nothing in common but their beginning: learning some makes others worse. */
  @Test
  void shouldStopWhenTheHeldOutLossRisesAndGiveTheBestModel() {
    try (TinyModel model = new TinyModel();
        Trainables trainables = Trainables.allWeights(model.decoder);
        TrainingRun run = new TrainingRun(model.decoder, trainables, SETTINGS, watching(model))) {
      Recorder recorder = Recorder.toTheEnd();
      TrainingOutcome outcome = run.run(recorder, Optional.of(folder));

      assertThat(outcome.completed()).isTrue();
      assertThat(outcome.stoppedEarly()).isTrue();
      assertThat(outcome.steps()).isEqualTo(outcome.bestStep() + 6).isLessThan(60);
      assertThat(outcome.bestHeldOutLoss()).isEqualTo(Collections.min(recorder.heldOut));
      assertThat(outcome.heldOutLoss()).isGreaterThan(outcome.bestHeldOutLoss());
      assertThat(model.loss(model.decoder.withoutAdapter(), HELD_OUT))
          .isEqualTo(outcome.bestHeldOutLoss());
    }
  }

  @Test
  void shouldRefuseEvaluationWithoutHeldOutExamples() {
    try (TinyModel model = new TinyModel();
        Trainables trainables = Trainables.allWeights(model.decoder)) {
      assertThatThrownBy(
              () -> TrainingRun.overExamples(model.decoder, trainables, SETTINGS, EXAMPLES))
          .isInstanceOfSatisfying(
              LlmException.class, e -> assertThat(e.code()).isEqualTo("no_held_out_examples"));
    }
  }

  @Test
  void shouldAverageTheWeightsOfAllSteps() {
    double decay = 0.7;
    TrainingSettings settings =
        SETTINGS
            .withMaxSteps(6)
            .with(HeldOutEvaluation.NONE)
            .with(new Regularisation(0, 0, 0, decay));
    try (TinyModel model = new TinyModel();
        Trainables trainables = Trainables.allWeights(model.decoder);
        TrainingRun run = TrainingRun.overExamples(model.decoder, trainables, settings, EXAMPLES)) {
      List<float[]> average = TinyModel.values(trainables);
      run.run(
          Recorder.calling(() -> blend(average, TinyModel.values(trainables), decay)),
          Optional.empty());
      List<float[]> result = TinyModel.values(trainables);
      for (int i = 0; i < average.size(); i++) {
        assertThat(result.get(i)).containsExactly(average.get(i), within(1e-6f));
      }
    }
  }

  private static void blend(List<float[]> average, List<float[]> values, double decay) {
    for (int i = 0; i < average.size(); i++) {
      for (int j = 0; j < values.get(i).length; j++) {
        average.get(i)[j] = (float) (decay * average.get(i)[j] + (1 - decay) * values.get(i)[j]);
      }
    }
  }

  private static TrainingInputs watching(TinyModel model) {
    return TrainingInputs.ofExamples(EXAMPLES)
        .watching(() -> model.loss(model.decoder.withoutAdapter(), HELD_OUT));
  }
}
