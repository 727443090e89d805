package io.affinage.llm.checkpoint;

import io.affinage.llm.error.LlmException;
import io.affinage.llm.quantization.BlockScales;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * What model weights are read through, whatever the file. Files are memory-mapped once, for as long
 * as the checkpoint is reachable, and must not be shortened or rewritten in place meanwhile. Safe
 * for use by several threads.
 *
 * <p>Error codes of reading: {@code checkpoint_missing}, {@code checkpoint_ambiguous}, {@code
 * checkpoint_truncated}, {@code checkpoint_header_invalid}, {@code checkpoint_index_invalid},
 * {@code checkpoint_shard_missing}, {@code checkpoint_tensor_missing}, {@code
 * checkpoint_dtype_unsupported}, {@code checkpoint_unreadable}, {@code checkpoint_wrong_file},
 * {@code checkpoint_is_adapter}, {@code checkpoint_quantization_invalid}, {@code
 * checkpoint_quantization_unsupported}, {@code config_missing}, {@code config_invalid}, {@code
 * model_architecture_unsupported}.
 */
public interface Checkpoint {

  /** The most bytes {@link #bytes(TensorEntry, long, int)} gives at once: 1 GiB. */
  int MAX_SLICE = 1 << 30;

  /**
   * Opens a folder in Hugging Face's layout ({@code model.safetensors}, or the shards that {@code
   * model.safetensors.index.json} names), a single {@code .safetensors} file, a {@code .gguf} file,
   * or a folder that holds exactly one of these. All headers are checked before it returns; tensor
   * data is not touched.
   *
   * @throws LlmException if there is nothing to open or a file is not sound
   */
  static Checkpoint open(Path path) {
    return CheckpointFiles.open(path);
  }

  /**
   * Opens a single safetensors file, whatever its name.
   *
   * @throws LlmException if it is not sound
   */
  static Checkpoint openSafetensors(Path file) {
    return SafetensorsCheckpoint.single(file);
  }

  /**
   * The configuration: {@code config.json} beside safetensors, or the same fields made from the
   * metadata of a GGUF file.
   *
   * @throws LlmException {@code config_missing} or {@code config_invalid}
   */
  ModelMetadata config();

  /** Names of all tensors in Hugging Face's naming, sorted. */
  Set<String> names();

  /** Whether there is a tensor of this name. */
  default boolean contains(String name) {
    return names().contains(name);
  }

  /**
   * The tensor of this name.
   *
   * @throws LlmException {@code checkpoint_tensor_missing}
   */
  TensorEntry entry(String name);

  /** The texts under {@code __metadata__} of a single safetensors file; empty elsewhere. */
  default Map<String, String> texts() {
    return Map.of();
  }

  /** The files that hold the weights. */
  List<Path> files();

  /**
   * The tokenizer inside a GGUF file; empty for safetensors, whose tokenizer lies beside them in
   * {@code tokenizer.json}.
   */
  Optional<GgufTokenizer> tokenizer();

  /**
   * The scales of a tensor of type {@link StorageType#NF4}, read anew.
   *
   * @throws LlmException {@code checkpoint_not_finite} where one is no finite number
   * @throws IllegalArgumentException for a tensor of another type
   */
  default BlockScales scales(TensorEntry entry) {
    throw new IllegalArgumentException(entry + " has no scales of blocks");
  }

  /**
   * Whether the scales of a tensor of type {@link StorageType#NF4} are quantized too; reads none.
   *
   * @throws IllegalArgumentException for a tensor of another type
   */
  default boolean nestedScales(TensorEntry entry) {
    throw new IllegalArgumentException(entry + " has no scales of blocks");
  }

  /**
   * A read-only, little-endian view of part of a tensor's bytes as they lie in the file (rows in
   * {@link TensorEntry#rowOrder()}).
   *
   * @param from first byte, counted from the start of the tensor
   * @param length at most {@link #MAX_SLICE}
   * @throws IndexOutOfBoundsException if the range is not inside the tensor
   */
  ByteBuffer bytes(TensorEntry entry, long from, int length);

  /**
   * Reads bytes of a tensor as they lie in its file, by the file's own reading and not through its
   * mapping: a file that was cut meanwhile is an error here, and a fault of the process there.
   *
   * @param from first byte, counted from the start of the tensor
   * @param destination is filled from its position to its limit
   * @throws LlmException {@code checkpoint_unreadable}
   */
  default void copy(TensorEntry entry, long from, ByteBuffer destination) {
    Objects.checkFromIndexSize(from, destination.remaining(), entry.byteLength());
    try (FileChannel file = FileChannel.open(entry.file(), StandardOpenOption.READ)) {
      long at = entry.offset() + from;
      while (destination.hasRemaining()) {
        int read = file.read(destination, at);
        if (read < 0) {
          throw new LlmException(
              "checkpoint_unreadable",
              "%s was cut while it was in use: it ends at %d, before tensor %s does"
                  .formatted(entry.file(), file.size(), entry.name()));
        }
        at += read;
      }
    } catch (IOException e) {
      throw new LlmException(
          "checkpoint_unreadable",
          "%s cannot be read any more: %s".formatted(entry.file(), e.getMessage()),
          e);
    }
  }

  /**
   * Maps a whole tensor of less than 2 GiB, read-only and in the machine's byte order, for as long
   * as the result is reachable. A file that is cut meanwhile is a fault of the process.
   *
   * @throws LlmException {@code checkpoint_unreadable}
   * @throws IndexOutOfBoundsException if the tensor is larger
   */
  default ByteBuffer map(TensorEntry entry) {
    if (entry.byteLength() > Integer.MAX_VALUE) {
      throw new IndexOutOfBoundsException(
          "%s has %d bytes, too many for one mapping".formatted(entry.name(), entry.byteLength()));
    }
    try (FileChannel file = FileChannel.open(entry.file(), StandardOpenOption.READ)) {
      return file.map(FileChannel.MapMode.READ_ONLY, entry.offset(), entry.byteLength())
          .order(ByteOrder.nativeOrder());
    } catch (IOException e) {
      throw new LlmException(
          "checkpoint_unreadable",
          "%s cannot be mapped: %s".formatted(entry.file(), e.getMessage()),
          e);
    }
  }

  /**
   * All bytes of a tensor of at most {@link #MAX_SLICE} bytes; larger ones are read in parts.
   *
   * @throws IndexOutOfBoundsException if the tensor is larger
   */
  default ByteBuffer bytes(TensorEntry entry) {
    if (entry.byteLength() > MAX_SLICE) {
      throw new IndexOutOfBoundsException(
          "%s has %d bytes: read it in parts of at most %d"
              .formatted(entry.name(), entry.byteLength(), MAX_SLICE));
    }
    return bytes(entry, 0, (int) entry.byteLength());
  }

  /**
   * Reads a whole tensor as 32-bit floats in Hugging Face's row order, exactly: widening for F16
   * and BF16, the reference's arithmetic for block formats.
   *
   * @param destination takes {@link TensorEntry#elements()} values from its position on, which
   *     advances by as many
   * @throws LlmException {@code checkpoint_dtype_unsupported}
   * @throws java.nio.BufferOverflowException if the destination is too small
   */
  default void read(TensorEntry entry, FloatBuffer destination) {
    readRows(entry, 0, entry.rows(), destination);
  }

  /**
   * Reads rows (indices of the first dimension, in Hugging Face's order) as 32-bit floats.
   *
   * @param firstRow first row
   * @param rows number of rows
   * @param destination takes {@code rows * entry.rowElements()} values from its position on, which
   *     advances by as many
   * @throws LlmException {@code checkpoint_dtype_unsupported}
   * @throws IndexOutOfBoundsException if the tensor has no such rows
   * @throws java.nio.BufferOverflowException if the destination is too small
   */
  void readRows(TensorEntry entry, long firstRow, long rows, FloatBuffer destination);

  /**
   * Reads a whole tensor into a new array.
   *
   * @throws LlmException {@code checkpoint_dtype_unsupported}, or {@code
   *     checkpoint_tensor_too_large} beyond 2^31 - 9 elements
   */
  default float[] readFloats(String name) {
    TensorEntry entry = entry(name);
    if (entry.elements() > Integer.MAX_VALUE - 8) {
      throw new LlmException(
          "checkpoint_tensor_too_large",
          "%s: tensor %s has %d elements, more than one array holds: read it by rows"
              .formatted(entry.file(), name, entry.elements()));
    }
    float[] values = new float[(int) entry.elements()];
    read(entry, FloatBuffer.wrap(values));
    return values;
  }
}
