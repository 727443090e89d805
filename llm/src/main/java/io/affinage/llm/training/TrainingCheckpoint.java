package io.affinage.llm.training;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.SafetensorsWriter;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.Decoder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A run's checkpoint: {@code trainables.safetensors}, {@code optimizer.safetensors} and {@code
 * state.json}, everything that a resumed run needs beside base, examples and settings. Values are
 * float32 as they are in memory, so nothing is rounded.
 */
final class TrainingCheckpoint {
  private static final ObjectMapper JSON = new ObjectMapper();

  private TrainingCheckpoint() {}

  private record StateFile(String fingerprint, TrainingState state) {}

  static void save(
      Path folder,
      String fingerprint,
      TrainingState state,
      Trainables trainables,
      AdamW optimizer) {
    try {
      Files.createDirectories(folder);
      SafetensorsWriter weights = new SafetensorsWriter();
      trainables
          .parameters()
          .forEach(parameter -> add(weights, parameter.name(), parameter.array()));
      weights.write(folder.resolve("trainables.safetensors"));
      SafetensorsWriter moments = new SafetensorsWriter();
      optimizer.forEachState((name, array) -> add(moments, name, array));
      moments.write(folder.resolve("optimizer.safetensors"));
      Files.write(
          folder.resolve("state.json"), JSON.writeValueAsBytes(new StateFile(fingerprint, state)));
    } catch (IOException e) {
      throw new LlmException(
          "checkpoint_not_written", "cannot write a checkpoint to " + folder + ": " + e, e);
    }
  }

  static TrainingState load(
      Decoder decoder, Path folder, String fingerprint, Trainables trainables, AdamW optimizer) {
    StateFile file = read(folder.resolve("state.json"));
    if (!file.fingerprint().equals(fingerprint)) {
      throw new LlmException(
          "checkpoint_mismatch",
          "the checkpoint %s belongs to another run: %s, but this one is %s"
              .formatted(folder, file.fingerprint(), fingerprint));
    }
    Checkpoint weights = Checkpoint.open(folder.resolve("trainables.safetensors"));
    trainables
        .parameters()
        .forEach(parameter -> restore(decoder, weights, parameter.name(), parameter.array()));
    Checkpoint moments = Checkpoint.open(folder.resolve("optimizer.safetensors"));
    optimizer.forEachState((name, array) -> restore(decoder, moments, name, array));
    optimizer.steps(file.state().step());
    return file.state();
  }

  private static StateFile read(Path file) {
    try {
      return JSON.readValue(file.toFile(), StateFile.class);
    } catch (JsonProcessingException e) {
      throw new LlmException("checkpoint_mismatch", file + " is not a training state: " + e, e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void add(SafetensorsWriter writer, String name, NDArray array) {
    writer.add(name, array.toFloatArray(), array.getShape().getShape());
  }

  private static void restore(Decoder decoder, Checkpoint checkpoint, String name, NDArray array) {
    decoder.assign(array, checkpoint.readFloats(name));
  }
}
