package io.affinage.llm.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A checkpoint that commit d7b8097 wrote after step 5 of {@link #run}, and {@code result.f32}, in
 * which its own undisturbed run ended. That version knew a run by the text of its settings.
 */
class EarlierCheckpointTest {
  private static final Path EARLIER = Path.of("src/test/resources/training/earlier-checkpoint");

  @TempDir private Path folder;

  @Test
  void shouldGoOnFromACheckpointOfAnEarlierVersion() throws Exception {
    float[] undisturbed = run(Optional.empty());

    float[] resumed = run(Optional.of(EARLIER));

    float[] theirs = new float[undisturbed.length];
    ByteBuffer.wrap(Files.readAllBytes(EARLIER.resolve("result.f32")))
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .get(theirs);
    if (Arrays.equals(undisturbed, theirs)) {
      assertThat(resumed).containsExactly(theirs);
    } else {
      // Another processor rounds otherwise.
      assertThat(resumed).containsExactly(theirs, within(1e-5f));
    }
  }

  /** The settings of the fixture; changing them needs a new one of that commit. */
  private float[] run(Optional<Path> checkpoint) {
    TrainingSettings settings =
        TrainingSettings.DEFAULT
            .withEpochs(3)
            .with(Batching.of(4))
            .with(Optimization.DEFAULT.withLearningRate(3e-3))
            .with(new Schedule(Schedule.Shape.WSD, 0.1, 0.2, 0))
            .with(new Regularisation(0.1, 0, 0.05, 0.8))
            .with(new HeldOutEvaluation(2, 0, 0, true))
            .with(new Checkpointing(3, 0))
            .withSeed(9);
    LoraConfig config = new LoraConfig(2, 4, 0.1, false, List.of("q_proj", "down_proj"));
    try (TinyModel model = new TinyModel();
        LoraAdapter adapter = LoraAdapter.initialise(model.decoder, config, 3);
        Trainables trainables = Trainables.of(model.decoder, adapter);
        TrainingRun run =
            new TrainingRun(
                model.decoder,
                trainables,
                settings,
                TrainingInputs.ofExamples(TinyModel.examples(12, 5))
                    .watching(() -> model.loss(adapter, TinyModel.examples(4, 77))))) {
      checkpoint.ifPresent(run::resume);
      Recorder recorder = Recorder.toTheEnd();
      run.run(recorder, Optional.of(folder.resolve(checkpoint.isPresent() ? "b" : "a")));
      assertThat(recorder.steps).hasSize(checkpoint.isPresent() ? 4 : 9);
      return concatenated(TinyModel.values(trainables));
    }
  }

  private static float[] concatenated(List<float[]> arrays) {
    float[] all = new float[arrays.stream().mapToInt(array -> array.length).sum()];
    int at = 0;
    for (float[] array : arrays) {
      System.arraycopy(array, 0, all, at, array.length);
      at += array.length;
    }
    return all;
  }
}
