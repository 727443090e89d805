package io.affinage.llm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.TensorEntry;
import io.affinage.llm.tensor.Kernels;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Moves weights from a checkpoint into native arrays, some rows at a time through one buffer: a
 * model needs its own size to be loaded, not twice that.
 */
final class RowLoader {
  private static final int STAGING_BYTES = 16 << 20;

  private final NDManager manager;
  private final Kernels kernels;
  private final FiniteCheck finite;
  private ByteBuffer staging =
      ByteBuffer.allocateDirect(STAGING_BYTES).order(ByteOrder.nativeOrder());

  RowLoader(NDManager manager, Kernels kernels) {
    this.manager = manager;
    this.kernels = kernels;
    this.finite = new FiniteCheck(kernels);
  }

  /** The tensor in the kernels' precision, owned by the manager. */
  NDArray load(Checkpoint checkpoint, TensorEntry entry) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray array =
          kernels
              .differentiable(manager, "allocate", scope.create(entry.shape()))
              .singletonOrThrow();
      long rowBytes = Math.multiplyExact(4, entry.rowElements());
      if (rowBytes > staging.capacity()) {
        staging =
            ByteBuffer.allocateDirect(Math.toIntExact(rowBytes)).order(ByteOrder.nativeOrder());
      }
      long atOnce = staging.capacity() / rowBytes;
      for (long first = 0; first < entry.rows(); first += atOnce) {
        long rows = Math.min(atOnce, entry.rows() - first);
        ByteBuffer part =
            staging
                .duplicate()
                .order(ByteOrder.nativeOrder())
                .limit(Math.toIntExact(rows * rowBytes))
                .slice()
                .order(ByteOrder.nativeOrder());
        checkpoint.readRows(entry, first, rows, part.asFloatBuffer());
        try (NDManager step = scope.newSubManager()) {
          NDArray borrowed = step.create(part, partShape(entry, rows), DataType.FLOAT32);
          kernels.run(step, "assign_rows", array, first, borrowed);
          finite.require(step, entry, array, first, rows);
        }
      }
      return array;
    }
  }

  private static Shape partShape(TensorEntry entry, long rows) {
    long[] shape = entry.shape();
    shape[0] = rows;
    return new Shape(shape);
  }
}
