package io.affinage.llm.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.tensor.Precision;
import io.affinage.llm.training.optimizer.AdamW8bit;
import io.affinage.llm.training.optimizer.OptimizerRule;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("slow")
class PreflightReportTest {
  private static final List<TokenizedExample> EXAMPLES = TinyModel.examples(12, 5);
  private static final TrainingSettings SETTINGS =
      TrainingSettings.DEFAULT.withEpochs(2.5).with(new Batching(5, 2, 0, true)).withSeed(4);

  @Test
  void shouldCountWhatTheRunThenSees() {
    try (TinyModel model = new TinyModel();
        Trainables trainables = Trainables.allWeights(model.decoder);
        TrainingRun run = TrainingRun.overExamples(model.decoder, trainables, SETTINGS, EXAMPLES)) {
      PreflightReport preflight = run.preflight();
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

  @ParameterizedTest
  @ValueSource(strings = {"adamw", "adamw_8bit", "adamw_companded", "adafactor", "lion", "sgd"})
  void shouldLeaveTheRunAsItWas(String rule) {
    TrainingSettings settings =
        SETTINGS
            .with(Optimization.DEFAULT.withRule(OptimizerRule.of(rule)))
            .with(new Regularisation(0, 5, 0, 0.9));
    for (Precision precision : List.of(Precision.FLOAT32, Precision.BFLOAT16)) {
      List<float[]> rehearsed = afterTraining(precision, settings, false, true);

      assertThat(afterTraining(precision, settings, false, false))
          .usingRecursiveComparison()
          .isEqualTo(rehearsed);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Precision.class,
      names = {"FLOAT32", "BFLOAT16"})
  void shouldLeaveAdaptersAsTheyWere(Precision precision) {
    List<float[]> rehearsed = afterTraining(precision, SETTINGS, true, true);

    assertThat(afterTraining(precision, SETTINGS, true, false))
        .usingRecursiveComparison()
        .isEqualTo(rehearsed);
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
      PreflightReport.Memory memory = run.preflight().memory();
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

  private static List<float[]> afterTraining(
      Precision precision, TrainingSettings settings, boolean adapter, boolean rehearse) {
    try (TinyModel model = new TinyModel(precision);
        LoraAdapter lora =
            LoraAdapter.initialise(
                model.decoder, new LoraConfig(3, 6, 0, false, List.of("all-linear")), 7);
        Trainables trainables =
            adapter ? Trainables.of(model.decoder, lora) : Trainables.allWeights(model.decoder);
        TrainingRun run = TrainingRun.overExamples(model.decoder, trainables, settings, EXAMPLES)) {
      if (rehearse) {
        run.preflight();
      }
      run.run(new TrainingListener() {}, Optional.empty());
      return TinyModel.values(trainables);
    }
  }
}
