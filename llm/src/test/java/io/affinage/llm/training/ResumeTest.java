package io.affinage.llm.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.tensor.Precision;
import io.affinage.llm.training.optimizer.OptimizerRule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A run that was stopped and resumed ends in the bits of one that was not, whatever it keeps. */
@Tag("slow")
class ResumeTest {
  private static final List<TokenizedExample> EXAMPLES = TinyModel.examples(12, 5);
  private static final List<TokenizedExample> HELD_OUT = TinyModel.examples(4, 77);

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "adamw, FLOAT32",
    "adamw_8bit, FLOAT32",
    "adafactor, FLOAT32",
    "lion, FLOAT32",
    "sgd, FLOAT32",
    "adamw, BFLOAT16",
    "adamw_companded, BFLOAT16",
    "adafactor, BFLOAT16",
    "adamw, FLOAT16"
  })
  void shouldEndInTheSameBits(String rule, Precision precision) {
    TrainingSettings settings = settings(rule);
    List<float[]> undisturbed =
        run(precision, settings, Recorder.toTheEnd(), Optional.empty(), "a");
    Recorder stopping = Recorder.stoppingAfter(5);
    run(precision, settings, stopping, Optional.empty(), "b");

    Path last = stopping.checkpoints.get(stopping.checkpoints.size() - 1);
    List<float[]> resumed = run(precision, settings, Recorder.toTheEnd(), Optional.of(last), "c");

    assertThat(last.getFileName()).hasToString("checkpoint-5");
    for (int i = 0; i < undisturbed.size(); i++) {
      assertThat(resumed.get(i)).containsExactly(undisturbed.get(i));
    }
  }

  @Test
  void shouldTakeTheBestWeightsAlongInACheckpoint() {
    // A learning rate at which the first steps are the best, so that the best is not in what
    // follows.
    TrainingSettings wild =
        settings("lion")
            .with(Optimization.DEFAULT.withRule(OptimizerRule.of("lion")).withLearningRate(0.5));
    List<float[]> undisturbed =
        run(Precision.FLOAT32, wild, Recorder.toTheEnd(), Optional.empty(), "a");
    Recorder stopping = Recorder.stoppingAfter(7);
    run(Precision.FLOAT32, wild, stopping, Optional.empty(), "b");
    Path last = stopping.checkpoints.get(stopping.checkpoints.size() - 1);
    assertThat(last.resolve("best.safetensors")).exists();

    List<float[]> resumed =
        run(Precision.FLOAT32, wild, Recorder.toTheEnd(), Optional.of(last), "c");

    for (int i = 0; i < undisturbed.size(); i++) {
      assertThat(resumed.get(i)).containsExactly(undisturbed.get(i));
    }
  }

  @Test
  void shouldKeepTheNewestCheckpointsAndTheBest() throws Exception {
    TrainingSettings settings =
        settings("lion")
            .with(Optimization.DEFAULT.withRule(OptimizerRule.of("lion")).withLearningRate(0.5))
            .with(new Checkpointing(1, 2));
    run(Precision.FLOAT32, settings, Recorder.toTheEnd(), Optional.empty(), "a");

    try (var found = Files.list(folder.resolve("a"))) {
      assertThat(found.map(path -> path.getFileName().toString()))
          .containsExactlyInAnyOrder("checkpoint-2", "checkpoint-7", "checkpoint-8");
    }
  }

  private static TrainingSettings settings(String rule) {
    return TrainingSettings.DEFAULT
        .withMaxSteps(9)
        .with(Batching.of(4))
        .with(Optimization.DEFAULT.withRule(OptimizerRule.of(rule)).withLearningRate(3e-3))
        .with(new Schedule(Schedule.Shape.WSD, 0.1, 0.2, 0))
        .with(new Regularisation(0, 3, 0.05, 0.8))
        .with(new HeldOutEvaluation(2, 0, 0, true))
        .with(new Checkpointing(3, 0))
        .withSeed(9);
  }

  private List<float[]> run(
      Precision precision,
      TrainingSettings settings,
      Recorder recorder,
      Optional<Path> resume,
      String name) {
    try (TinyModel model = new TinyModel(precision);
        Trainables trainables =
            Trainables.of(model.decoder, WeightSelection.ALL, settings.batching());
        TrainingRun run =
            new TrainingRun(
                model.decoder,
                trainables,
                settings,
                TrainingInputs.ofExamples(EXAMPLES)
                    .watching(() -> model.loss(model.decoder.withoutAdapter(), HELD_OUT)))) {
      resume.ifPresent(run::resume);
      run.run(recorder, Optional.of(folder.resolve(name)));
      return TinyModel.values(trainables);
    }
  }
}
