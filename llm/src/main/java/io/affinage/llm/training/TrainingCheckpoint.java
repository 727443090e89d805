package io.affinage.llm.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.SafetensorsWriter;
import io.affinage.llm.checkpoint.StorageType;
import io.affinage.llm.checkpoint.TensorEntry;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.training.optimizer.MasterWeight;
import io.affinage.llm.training.optimizer.Optimizer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A run's checkpoint: everything that a resumed run needs beside base, examples and settings, in
 * the types of the memory, so that nothing is rounded.
 *
 * <p>{@code trainables.safetensors}; {@code optimizer.safetensors}; {@code average.safetensors}
 * with a moving average; {@code best.safetensors} where another step was better on held-out
 * examples; {@code reference.safetensors} where log-probabilities of the starting model are kept;
 * {@code state.json}.
 */
final class TrainingCheckpoint {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String WEIGHTS = "trainables.safetensors";
  private static final String MOMENTS = "optimizer.safetensors";
  private static final String AVERAGE = "average.safetensors";
  private static final String BEST = "best.safetensors";
  private static final String REFERENCE = "reference.safetensors";
  private static final String STATE = "state.json";
  private static final int CHUNK_BYTES = 64 << 20;
  private static final Map<DataType, StorageType> TYPES =
      Map.of(DataType.FLOAT32, StorageType.F32, DataType.UINT8, StorageType.U8);

  private final Decoder decoder;
  private final Trainables trainables;
  private final Optimizer optimizer;
  private final Optional<WeightAverage> average;
  private final Optional<StartingModel> reference;
  private final List<CheckpointPart> parts;

  /**
   * {@code state.json}.
   *
   * @param fingerprint in place of the values before there were any
   * @param run {@link RunValues}
   * @param parts what each {@link CheckpointPart} saved
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record StateFile(
      String fingerprint, JsonNode run, TrainingState state, Map<String, JsonNode> parts) {

    RunValues values() {
      return run == null ? RunValues.ofFingerprint(fingerprint) : RunValues.read(run);
    }
  }

  TrainingCheckpoint(
      Decoder decoder,
      Trainables trainables,
      Optimizer optimizer,
      Optional<WeightAverage> average,
      Optional<StartingModel> reference,
      List<CheckpointPart> parts) {
    this.decoder = decoder;
    this.trainables = trainables;
    this.optimizer = optimizer;
    this.average = average;
    this.reference = reference;
    this.parts = List.copyOf(parts);
  }

  /**
   * Writes a checkpoint.
   *
   * @param best weights of another step, see {@link #evaluatedWeights}; empty for none
   * @throws LlmException {@code checkpoint_not_written}
   */
  void save(Path folder, RunValues run, TrainingState state, Optional<Path> best) {
    try {
      Files.createDirectories(folder);
      SafetensorsWriter weights = new SafetensorsWriter();
      trainables.parameters().forEach(p -> add(weights, p.name(), p.value()));
      weights.write(folder.resolve(WEIGHTS));
      SafetensorsWriter moments = new SafetensorsWriter();
      optimizer.forEachState((name, array) -> add(moments, name, array));
      moments.write(folder.resolve(MOMENTS));
      if (average.isPresent()) {
        SafetensorsWriter averages = new SafetensorsWriter();
        average.get().forEach((name, array) -> add(averages, name, array));
        averages.write(folder.resolve(AVERAGE));
      }
      if (best.isPresent()) {
        link(best.get(), folder.resolve(BEST));
      }
      if (reference.isPresent()) {
        reference.get().write(folder.resolve(REFERENCE));
      }
      Map<String, JsonNode> saved = new TreeMap<>();
      parts.forEach(part -> saved.put(part.name(), part.saved()));
      StateFile file = new StateFile(null, run.json(), state, saved);
      Files.write(folder.resolve(STATE), JSON.writeValueAsBytes(file));
    } catch (IOException e) {
      throw new LlmException(
          "checkpoint_not_written", "cannot write a checkpoint to " + folder + ": " + e, e);
    }
  }

  /** A second name for a file that is never rewritten; a copy where the file system has none. */
  private static void link(Path existing, Path name) throws IOException {
    Files.deleteIfExists(name);
    try {
      Files.createLink(name, existing);
    } catch (IOException | UnsupportedOperationException e) {
      Files.copy(existing, name);
    }
  }

  /**
   * Restores a checkpoint.
   *
   * @throws LlmException {@code checkpoint_mismatch} when it belongs to another run; where its
   *     tensors do not fit, some of them are restored already
   */
  TrainingState load(Path folder, RunValues run) {
    StateFile file = read(folder.resolve(STATE));
    List<String> differences = run.differences(file.values());
    if (!differences.isEmpty()) {
      throw new LlmException(
          "checkpoint_mismatch",
          "the checkpoint %s belongs to another run: %s"
              .formatted(folder, String.join("; ", differences)));
    }
    restoreParts(folder, file.parts() == null ? Map.of() : file.parts());
    restoreWeights(folder.resolve(WEIGHTS));
    Checkpoint moments = Checkpoint.open(folder.resolve(MOMENTS));
    optimizer.forEachState((name, array) -> restore(moments, name, array));
    optimizer.continueAfter(file.state().updates());
    if (average.isPresent()) {
      Checkpoint averages = Checkpoint.open(folder.resolve(AVERAGE));
      average.get().forEach((name, array) -> restore(averages, name, array));
    }
    reference.ifPresent(each -> each.read(folder.resolve(REFERENCE)));
    return file.state();
  }

  private void restoreParts(Path folder, Map<String, JsonNode> saved) {
    Set<String> unknown = new TreeSet<>(saved.keySet());
    parts.forEach(part -> unknown.remove(part.name()));
    if (!unknown.isEmpty()) {
      throw new LlmException(
          "checkpoint_mismatch",
          "the checkpoint %s belongs to another run: it has the state of %s, which this one does not know"
              .formatted(folder, String.join(", ", unknown)));
    }
    parts.forEach(part -> part.restore(Optional.ofNullable(saved.get(part.name()))));
  }

  /** Overwrites what is trained by a file of weights, here or of another step. */
  void restoreWeights(Path file) {
    Checkpoint weights = Checkpoint.open(file);
    trainables.parameters().forEach(p -> restore(weights, p.name(), p.value()));
    trainables.publish();
  }

  /** The weights that an evaluation at this checkpoint's step has seen. */
  Path evaluatedWeights(Path folder) {
    return folder.resolve(average.isPresent() ? AVERAGE : WEIGHTS);
  }

  /** The best weights that a checkpoint knows; empty when no step was evaluated before it. */
  Optional<Path> bestWeights(Path folder, TrainingState state) {
    if (state.watch().bestStep() == 0) {
      return Optional.empty();
    }
    boolean itself = state.watch().bestStep() == state.step();
    Path file = itself ? evaluatedWeights(folder) : folder.resolve(BEST);
    return Files.exists(file) ? Optional.of(file) : Optional.empty();
  }

  private static StateFile read(Path file) {
    try {
      StateFile read = JSON.readValue(file.toFile(), StateFile.class);
      if (read.state() == null || (read.run() == null && read.fingerprint() == null)) {
        throw new LlmException("checkpoint_mismatch", file + " does not say which run it is of");
      }
      return read;
    } catch (JsonProcessingException e) {
      throw new LlmException("checkpoint_mismatch", file + " is not a training state: " + e, e);
    } catch (IOException e) {
      throw new LlmException("checkpoint_mismatch", file + " cannot be read: " + e, e);
    }
  }

  private static void add(SafetensorsWriter writer, String name, NDArray array) {
    writer.add(
        name,
        TYPES.get(array.getDataType()),
        array.getShape().getShape(),
        channel -> {
          ByteBuffer bytes = array.toByteBuffer(true);
          while (bytes.hasRemaining()) {
            channel.write(bytes);
          }
        });
  }

  private void add(SafetensorsWriter writer, String name, MasterWeight value) {
    long count = value.shape().size();
    writer.add(
        name,
        StorageType.F32,
        value.shape().getShape(),
        channel -> {
          for (long from = 0; from < count; from += CHUNK_BYTES / Float.BYTES) {
            try (NDManager part = decoder.manager().newSubManager()) {
              long length = Math.min(CHUNK_BYTES / Float.BYTES, count - from);
              ByteBuffer bytes =
                  value.numbers(decoder.kernels(), part, from, length).toByteBuffer(true);
              while (bytes.hasRemaining()) {
                channel.write(bytes);
              }
            }
          }
        });
  }

  private void restore(Checkpoint checkpoint, String name, MasterWeight value) {
    restore(
        checkpoint,
        name,
        value.shape(),
        DataType.FLOAT32,
        (part, from, numbers) -> value.assign(decoder.kernels(), part, from, numbers));
  }

  private void restore(Checkpoint checkpoint, String name, NDArray array) {
    try (NDManager scope = decoder.manager().newSubManager()) {
      NDArray flat = array.reshape(-1);
      flat.attach(scope);
      restore(
          checkpoint,
          name,
          array.getShape(),
          array.getDataType(),
          (part, from, numbers) -> decoder.kernels().run(part, "assign_rows", flat, from, numbers));
    }
  }

  /** Takes some numbers of an array, those from an index on. */
  @FunctionalInterface
  private interface Target {
    void accept(NDManager scope, long from, NDArray numbers);
  }

  private void restore(
      Checkpoint checkpoint, String name, Shape shape, DataType type, Target target) {
    TensorEntry entry = checkpoint.entry(name);
    if (entry.type() != TYPES.get(type) || entry.elements() != shape.size()) {
      throw new LlmException(
          "checkpoint_mismatch",
          "%s: tensor %s is %d elements of %s, but the run has %d of %s"
              .formatted(entry.file(), name, entry.elements(), entry.type(), shape.size(), type));
    }
    for (long from = 0; from < entry.byteLength(); from += CHUNK_BYTES) {
      int length = (int) Math.min(CHUNK_BYTES, entry.byteLength() - from);
      try (NDManager part = decoder.manager().newSubManager()) {
        ByteBuffer bytes = checkpoint.bytes(entry, from, length).order(ByteOrder.nativeOrder());
        NDArray borrowed = part.create(bytes, new Shape(length / type.getNumOfBytes()), type);
        target.accept(part, from / type.getNumOfBytes(), borrowed);
      }
    }
  }
}
