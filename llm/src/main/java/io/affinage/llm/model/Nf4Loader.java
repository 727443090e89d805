package io.affinage.llm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.StorageType;
import io.affinage.llm.checkpoint.TensorEntry;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.LinearLayer;
import io.affinage.llm.quantization.BlockScales;
import io.affinage.llm.quantization.Nf4;
import io.affinage.llm.tensor.Kernels;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Brings the linear layers of a checkpoint into NF4: copied where it has them so, else quantized
 * while they are read, some rows at a time, so that no matrix is in memory whole.
 */
final class Nf4Loader {
  /** Elements read or copied at a time. */
  private static final int STEP = 1 << 20;

  /** Bytes of one part of a block's reading. */
  private static final int READ = 32 << 20;

  private final Checkpoint checkpoint;
  private final DecoderConfig config;
  private final NDManager manager;
  private final Kernels kernels;
  private final boolean nested;
  private final boolean quantized;
  private final ByteBuffer staging =
      ByteBuffer.allocateDirect(4 * STEP).order(ByteOrder.nativeOrder());

  /**
   * @param checkpoint by the decoder's names
   * @param nested whether the scales of what is quantized here are quantized too
   */
  Nf4Loader(
      Checkpoint checkpoint,
      DecoderConfig config,
      NDManager manager,
      Kernels kernels,
      boolean nested) {
    this.checkpoint = checkpoint;
    this.config = config;
    this.manager = manager;
    this.kernels = kernels;
    this.nested = nested;
    this.quantized = isQuantized(checkpoint);
  }

  /** Whether a checkpoint has layers in NF4; those that it has otherwise stay as they are. */
  static boolean isQuantized(Checkpoint checkpoint) {
    return checkpoint.names().stream()
        .anyMatch(name -> checkpoint.entry(name).type() == StorageType.NF4);
  }

  /** Whether any layer that a checkpoint has in NF4 has quantized scales. */
  static boolean isNested(Checkpoint checkpoint) {
    return checkpoint.names().stream()
        .map(checkpoint::entry)
        .anyMatch(entry -> entry.type() == StorageType.NF4 && checkpoint.nestedScales(entry));
  }

  /** Whether this layer of a block is kept in NF4. */
  boolean keeps(String prefix, LinearLayer layer) {
    return !quantized || entry(prefix, layer).type() == StorageType.NF4;
  }

  private TensorEntry entry(String prefix, LinearLayer layer) {
    return checkpoint.entry(prefix + layer.path() + ".weight");
  }

  /** Room for the layers of a block, null for those that are not kept in NF4. */
  List<Nf4Weight> allocate(String prefix) {
    List<Nf4Weight> weights = new ArrayList<>();
    for (LinearLayer layer : config.linears()) {
      weights.add(
          keeps(prefix, layer)
              ? Nf4Weight.allocate(
                  manager, new Shape(layer.out(), layer.in()), nested(prefix, layer))
              : null);
    }
    return weights;
  }

  /** Whether the same layers of two blocks are quantized in the same way. */
  boolean alike(String prefix, String other) {
    return config.linears().stream()
        .allMatch(
            layer ->
                keeps(prefix, layer) == keeps(other, layer)
                    && (!keeps(prefix, layer) || nested(prefix, layer) == nested(other, layer)));
  }

  private boolean nested(String prefix, LinearLayer layer) {
    return quantized ? checkpoint.nestedScales(entry(prefix, layer)) : nested;
  }

  /**
   * Fills the room with the layers of a block. Of one loader one thread at a time.
   *
   * @throws LlmException {@code checkpoint_not_finite}, {@code checkpoint_unreadable} where the
   *     file was cut meanwhile
   */
  synchronized void fill(String prefix, List<Nf4Weight> weights) {
    for (int i = 0; i < weights.size(); i++) {
      Nf4Weight weight = weights.get(i);
      if (weight != null) {
        LinearLayer layer = config.linears().get(i);
        if (quantized) {
          copy(entry(prefix, layer), weight);
        } else {
          quantize(entry(prefix, layer), layer.transposed(), weight);
        }
      }
    }
  }

  /**
   * The reading of a block's layers into the room in parts, which any threads may do in any order:
   * on a CPU straight into the arrays.
   *
   * @throws LlmException from a part as {@link #fill}
   */
  List<Runnable> reads(String prefix, List<Nf4Weight> weights) {
    if (!quantized || manager.getDevice().isGpu()) {
      return List.of(() -> fill(prefix, weights));
    }
    List<Runnable> parts = new ArrayList<>();
    for (int i = 0; i < weights.size(); i++) {
      Nf4Weight weight = weights.get(i);
      if (weight != null) {
        TensorEntry entry = entry(prefix, config.linears().get(i));
        ByteBuffer packed = memory(weight.packed());
        for (int at = 0; at < packed.capacity(); at += READ) {
          int first = at;
          int length = Math.min(READ, packed.capacity() - at);
          parts.add(() -> checkpoint.copy(entry, first, packed.slice(first, length)));
        }
        parts.add(() -> put(weight, checkpoint.scales(entry)));
      }
    }
    return parts;
  }

  /** An array's own memory, on a CPU. */
  private static ByteBuffer memory(NDArray array) {
    return array.toByteBuffer(true).order(ByteOrder.nativeOrder());
  }

  private static void put(Nf4Weight weight, BlockScales scales) {
    if (scales instanceof BlockScales.Nested some) {
      memory(weight.scales()).put(some.codes());
      memory(weight.magnitudes()).asFloatBuffer().put(some.magnitudes());
      memory(weight.mean()).putFloat(some.mean());
    } else if (scales instanceof BlockScales.Plain all) {
      memory(weight.scales()).asFloatBuffer().put(all.values());
      memory(weight.mean()).putFloat(0);
    }
  }

  private void copy(TensorEntry entry, Nf4Weight weight) {
    for (long at = 0; at < entry.byteLength(); at += staging.capacity()) {
      int length = (int) Math.min(staging.capacity(), entry.byteLength() - at);
      checkpoint.copy(entry, at, staging.clear().limit(length));
      assign(weight.packed(), at, length, DataType.UINT8);
    }
    assign(weight, checkpoint.scales(entry));
  }

  private void quantize(TensorEntry entry, boolean transposed, Nf4Weight weight) {
    long elements = weight.shape().size();
    BlockScales.Plain scales =
        new BlockScales.Plain(new float[Math.toIntExact(Nf4.blocks(elements))]);
    if (transposed) {
      float[] turned = turned(entry);
      // Whole blocks at a time, whatever the rows are.
      for (int from = 0; from < turned.length; from += STEP) {
        int count = Math.min(STEP, turned.length - from);
        float[] part = new float[count];
        System.arraycopy(turned, from, part, 0, count);
        encode(entry, part, count, from, scales, weight);
      }
    } else {
      long columns = entry.rowElements();
      long rows = Math.max(Nf4.BLOCK, STEP / columns / Nf4.BLOCK * Nf4.BLOCK);
      float[] values = new float[Math.toIntExact(Math.min(rows, entry.rows()) * columns)];
      for (long first = 0; first < entry.rows(); first += rows) {
        long some = Math.min(rows, entry.rows() - first);
        checkpoint.readRows(entry, first, some, FloatBuffer.wrap(values));
        encode(entry, values, (int) (some * columns), first * columns, scales, weight);
      }
    }
    assign(weight, weight.nested() ? BlockScales.Nested.of(scales) : scales);
  }

  private void encode(
      TensorEntry entry,
      float[] values,
      int count,
      long at,
      BlockScales.Plain scales,
      Nf4Weight weight) {
    byte[] packed = new byte[(int) Nf4.bytes(count)];
    int firstScale = Math.toIntExact(at / Nf4.BLOCK);
    Nf4.encode(values, count, packed, scales.values(), firstScale);
    for (int block = 0; block < Nf4.blocks(count); block++) {
      if (!Float.isFinite(scales.values()[firstScale + block])) {
        throw notFinite(entry, values, count, at);
      }
    }
    for (int from = 0; from < packed.length; from += staging.capacity()) {
      int length = Math.min(staging.capacity(), packed.length - from);
      staging.clear().put(packed, from, length);
      assign(weight.packed(), at / 2 + from, length, DataType.UINT8);
    }
  }

  private static LlmException notFinite(TensorEntry entry, float[] values, int count, long at) {
    int i = 0;
    while (i < count - 1 && Float.isFinite(values[i])) {
      i++;
    }
    long columns = entry.rowElements();
    return new LlmException(
        "checkpoint_not_finite",
        "%s: tensor %s has %s at [%d, %d]: the file is damaged, or the training that wrote it diverged"
            .formatted(
                entry.file(), entry.name(), values[i], (at + i) / columns, (at + i) % columns));
  }

  /** A matrix [in, out] as [out, in]. */
  private float[] turned(TensorEntry entry) {
    float[] stored = new float[Math.toIntExact(entry.elements())];
    checkpoint.read(entry, FloatBuffer.wrap(stored));
    int rows = (int) entry.rows();
    int columns = (int) entry.rowElements();
    float[] turned = new float[stored.length];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        turned[column * rows + row] = stored[row * columns + column];
      }
    }
    return turned;
  }

  private void assign(Nf4Weight weight, BlockScales scales) {
    if (scales instanceof BlockScales.Nested some) {
      assign(weight.scales(), some.codes());
      assign(weight.magnitudes(), some.magnitudes());
      assign(weight.mean(), new float[] {some.mean()});
    } else if (scales instanceof BlockScales.Plain all) {
      assign(weight.scales(), all.values());
      assign(weight.mean(), new float[] {0});
    }
  }

  private void assign(NDArray target, byte[] values) {
    for (int from = 0; from < values.length; from += staging.capacity()) {
      int length = Math.min(staging.capacity(), values.length - from);
      staging.clear().put(values, from, length);
      assign(target, from, length, DataType.UINT8);
    }
  }

  private void assign(NDArray target, float[] values) {
    int most = staging.capacity() / 4;
    for (int from = 0; from < values.length; from += most) {
      int count = Math.min(most, values.length - from);
      staging.clear().asFloatBuffer().put(values, from, count);
      assign(target, from, count, DataType.FLOAT32);
    }
  }

  /** Copies so many numbers from the beginning of the staging buffer. */
  private void assign(NDArray target, long at, int count, DataType type) {
    int bytes = type == DataType.FLOAT32 ? 4 * count : count;
    ByteBuffer part = staging.duplicate().order(ByteOrder.nativeOrder()).position(0).limit(bytes);
    try (NDManager step = manager.newSubManager()) {
      NDArray borrowed =
          step.create(part.slice().order(ByteOrder.nativeOrder()), new Shape(count), type);
      kernels.run(step, "assign_rows", target, at, borrowed);
    }
  }
}
