package io.affinage.llm.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.tensor.Precision;
import io.affinage.llm.training.optimizer.AdamW8bit;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PreflightTest {
  private static final List<TokenizedExample> EXAMPLES = TinyModel.examples(12, 5);
  private static final TrainingSettings SETTINGS =
      TrainingSettings.DEFAULT.withEpochs(2.5).with(new Batching(5, 2, 0, true)).withSeed(4);

  @Test
  void shouldCountWhatTheRunThenSees() {
    try (TinyModel model = new TinyModel();
        Trainables trainables = Trainables.allWeights(model.decoder);
        TrainingRun run = TrainingRun.overExamples(model.decoder, trainables, SETTINGS, EXAMPLES)) {
      Preflight preflight = run.preflight();
      TrainingOutcome outcome = run.run(new TrainingListener() {}, Optional.empty());

      assertThat(preflight.counts().steps()).isEqualTo(outcome.steps()).isEqualTo(8);
      assertThat(preflight.counts().tokens()).isEqualTo(outcome.tokensSeen());
      assertThat(preflight.counts().examples()).isEqualTo(12);
      assertThat(preflight.counts().tokensPerEpoch())
          .isEqualTo(EXAMPLES.stream().mapToLong(TokenizedExample::length).sum());
      assertThat(preflight.counts().targetTokensPerEpoch())
          .isEqualTo(EXAMPLES.stream().mapToLong(TokenizedExample::targetCount).sum());
      assertThat(preflight.counts().computedTokens())
          .isLessThan(preflight.counts().tokens())
          .isPositive();
      assertThat(preflight.time().training()).isPresent();
      assertThat(preflight.time().evaluation()).isEmpty();
    }
  }

  @Test
  void shouldLeaveTheRunAsItWas() {
    float[] rehearsed = headAfterTraining(true);

    assertThat(headAfterTraining(false)).containsExactly(rehearsed);
  }

  @ParameterizedTest
  @EnumSource(
      value = Precision.class,
      names = {"FLOAT32", "BFLOAT16"})
  void shouldAddUpWhatIsKeptForEachWeight(Precision precision) {
    TrainingSettings settings =
        SETTINGS
            .with(Optimization.DEFAULT.withRule(AdamW8bit.DEFAULT))
            .with(new Regularisation(0, 0, 0, 0.9));
    try (TinyModel model = new TinyModel(precision);
        Trainables trainables = Trainables.allWeights(model.decoder);
        TrainingRun run = TrainingRun.overExamples(model.decoder, trainables, settings, EXAMPLES)) {
      Preflight.Memory memory = run.preflight().memory();
      long parameters = model.decoder.config().parameters();

      assertThat(memory.trainedElements()).isEqualTo(parameters);
      assertThat(memory.weights()).isEqualTo(precision.bytes() * parameters);
      assertThat(memory.masterWeights())
          .isEqualTo(precision == Precision.FLOAT32 ? 0 : 2 * parameters);
      assertThat(memory.gradients()).isEqualTo(4 * parameters);
      assertThat(memory.average()).isEqualTo(4 * parameters);
      // All arrays are too small for 8 bits.
      assertThat(memory.optimizerState()).isEqualTo(8 * parameters);
    }
  }

  private static float[] headAfterTraining(boolean rehearse) {
    try (TinyModel model = new TinyModel();
        Trainables trainables = Trainables.allWeights(model.decoder);
        TrainingRun run =
            TrainingRun.overExamples(
                model.decoder,
                trainables,
                SETTINGS.with(new Regularisation(0, 5, 0, 0)),
                EXAMPLES)) {
      if (rehearse) {
        run.preflight();
      }
      run.run(new TrainingListener() {}, Optional.empty());
      return model.decoder.toFloats(model.decoder.head());
    }
  }
}
