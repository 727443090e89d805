package io.affinage.llm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.RowOrder;
import io.affinage.llm.checkpoint.StorageType;
import io.affinage.llm.checkpoint.TensorEntry;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.tensor.Kernels;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Decodes ggml's commonest block formats by kernels straight from the mapped file, on all cores and
 * without passing through the heap.
 */
final class MappedBlocks {
  /** Elements decoded at a time: what a step needs besides the result is a few times this. */
  private static final long STEP_ELEMENTS = 1 << 20;

  private static final int BLOCK = 32;

  private final Checkpoint checkpoint;
  private final NDManager manager;
  private final Kernels kernels;
  private final FiniteCheck finite;

  MappedBlocks(Checkpoint checkpoint, NDManager manager, Kernels kernels) {
    this.checkpoint = checkpoint;
    this.manager = manager;
    this.kernels = kernels;
    this.finite = new FiniteCheck(kernels);
  }

  /** Whether this tensor can be loaded so. */
  boolean loads(TensorEntry entry) {
    return method(entry.type()) != null
        && entry.rowOrder() instanceof RowOrder.AsIs
        && entry.shape().length == 2
        && entry.rowElements() % BLOCK == 0
        && !manager.getDevice().isGpu();
  }

  private static String method(StorageType type) {
    return switch (type) {
      case Q8_0 -> "assign_q8";
      case Q4_0, Q4_1 -> "assign_q4";
      default -> null;
    };
  }

  /** The tensor in the kernels' precision, owned by the manager. */
  NDArray load(TensorEntry entry) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray array =
          kernels
              .differentiable(manager, "allocate", scope.create(entry.shape()))
              .singletonOrThrow();
      long atOnce = Math.max(1, STEP_ELEMENTS / entry.rowElements());
      for (long first = 0; first < entry.rows(); first += atOnce) {
        long rows = Math.min(atOnce, entry.rows() - first);
        try (NDManager step = scope.newSubManager()) {
          Rows part = rows(step, entry, first, rows);
          kernels.run(step, method(entry.type()), array, first, part.bytes(), part.halves());
          finite.require(step, entry, array, first, rows);
        }
      }
      return array;
    }
  }

  /**
   * A Q4_0 or Q4_1 matrix in the 4 bits that it has: codes and scales in Hugging Face's row order,
   * owned by {@code scope}.
   */
  NDList fourBit(NDManager scope, TensorEntry entry) {
    try (NDManager step = scope.newSubManager()) {
      Rows all = rows(step, entry, 0, entry.rows());
      NDList parts =
          kernels.run(scope, "four_bit_parts", all.bytes(), all.halves(), storedRows(step, entry));
      requireFiniteScales(step, entry, parts.get(1));
      return parts;
    }
  }

  /** Codes are whole numbers, so scales alone can be none. */
  private void requireFiniteScales(NDManager scope, TensorEntry entry, NDArray scales) {
    if (!kernels
        .run(scope, "sum_is_finite", scales, 0L, scales.getShape().get(0))
        .singletonOrThrow()
        .getBoolean()) {
      double[] found = kernels.run(scope, "not_finite", scales).singletonOrThrow().toDoubleArray();
      if (found[0] > 0) {
        long pair = (long) found[1] / 2; // [in / 32, out, 2]
        throw new LlmException(
            "checkpoint_not_finite",
            "%s: tensor %s has %s as a scale of its row %d: the file is damaged"
                .formatted(entry.file(), entry.name(), found[2], pair % entry.rows()));
      }
    }
  }

  /** The places in the file of a matrix's rows, int64; empty where they are their own. */
  static NDArray storedRows(NDManager scope, TensorEntry entry) {
    if (!(entry.rowOrder() instanceof RowOrder.Rows order)) {
      throw new IllegalArgumentException(entry.name() + " lies by columns in its file");
    }
    if (order instanceof RowOrder.AsIs) {
      return scope.create(new long[0], new Shape(0));
    }
    long[] stored = new long[Math.toIntExact(entry.rows())];
    for (int row = 0; row < stored.length; row++) {
      stored[row] = order.storedRow(row);
    }
    return scope.create(stored);
  }

  /** Stored rows of a tensor, seen as bytes and as half-precision numbers. */
  private record Rows(NDArray bytes, NDArray halves) {}

  private Rows rows(NDManager scope, TensorEntry entry, long first, long rows) {
    long groups = entry.rowElements() / BLOCK;
    long blockBytes = entry.type().bytes(BLOCK);
    ByteBuffer mapped =
        checkpoint
            .bytes(entry, first * groups * blockBytes, Math.toIntExact(rows * groups * blockBytes))
            .order(ByteOrder.nativeOrder());
    DataType type = entry.type() == StorageType.Q8_0 ? DataType.INT8 : DataType.UINT8;
    return new Rows(
        scope.create(
            mapped.duplicate().order(ByteOrder.nativeOrder()),
            new Shape(rows, groups, blockBytes),
            type),
        scope.create(
            mapped.duplicate().order(ByteOrder.nativeOrder()),
            new Shape(rows, groups, blockBytes / 2),
            DataType.FLOAT16));
  }
}
