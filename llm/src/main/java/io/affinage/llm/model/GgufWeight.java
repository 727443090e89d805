package io.affinage.llm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.RowOrder;
import io.affinage.llm.checkpoint.StorageType;
import io.affinage.llm.checkpoint.TensorEntry;
import io.affinage.llm.tensor.Kernels;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * A matrix [out, in] in the blocks that a GGUF file has it in, rows in Hugging Face's order, as
 * {@code gguf.pyt} takes it.
 *
 * @param codes [out, blocks of a row, bytes of a block but for its halves] uint8, of Q8_0 int8
 * @param halves [out, blocks of a row, 1 or 2] float16: scale and minimum
 * @param type of the blocks by ggml's number
 */
record GgufWeight(NDArray codes, NDArray halves, int type) {

  /**
   * Where a block has its half-precision numbers.
   *
   * @param number of the type in ggml
   * @param firstHalf in bytes from the beginning of a block
   * @param halves how many
   */
  private record Layout(int number, int firstHalf, int halves) {
    static Optional<Layout> of(StorageType type) {
      return Optional.ofNullable(
          switch (type) {
            case Q4_0 -> new Layout(2, 0, 1);
            case Q4_1 -> new Layout(3, 0, 2);
            case Q8_0 -> new Layout(8, 0, 1);
            case Q4_K -> new Layout(12, 0, 2);
            case Q6_K -> new Layout(14, 208, 1);
            default -> null;
          });
    }

    private int firstCode() {
      return firstHalf == 0 ? Short.BYTES * halves : 0;
    }
  }

  /** Whether a matrix can be kept as it is stored. */
  static boolean keeps(TensorEntry entry) {
    return Layout.of(entry.type()).isPresent()
        && entry.shape().length == 2
        && entry.rowOrder() instanceof RowOrder.Rows
        && entry.rowElements() % entry.type().blockSize() == 0
        && entry.byteLength() <= Checkpoint.MAX_SLICE;
  }

  /** Copies the blocks of a matrix that {@link #keeps} into memory of the manager. */
  static GgufWeight load(
      Checkpoint checkpoint, TensorEntry entry, NDManager manager, Kernels kernels) {
    Layout layout = Layout.of(entry.type()).orElseThrow();
    long blocks = entry.rowElements() / entry.type().blockSize();
    int bytes = entry.type().blockBytes();
    ByteBuffer mapped = checkpoint.bytes(entry);
    try (NDManager scope = manager.newSubManager()) {
      NDArray rows = MappedBlocks.storedRows(scope, entry);
      NDArray codes =
          scope.create(
              mapped.duplicate().order(ByteOrder.nativeOrder()),
              new Shape(entry.rows(), blocks, bytes),
              entry.type() == StorageType.Q8_0 ? DataType.INT8 : DataType.UINT8);
      NDArray halves =
          scope.create(
              mapped.duplicate().order(ByteOrder.nativeOrder()),
              new Shape(entry.rows(), blocks, bytes / Short.BYTES),
              DataType.FLOAT16);
      return new GgufWeight(
          kernels
              .run(
                  manager,
                  "stored_columns",
                  codes,
                  layout.firstCode(),
                  bytes - Short.BYTES * layout.halves(),
                  rows)
              .singletonOrThrow(),
          kernels
              .run(
                  manager,
                  "stored_columns",
                  halves,
                  layout.firstHalf() / Short.BYTES,
                  layout.halves(),
                  rows)
              .singletonOrThrow(),
          layout.number());
    }
  }

  /** Bytes that the arrays take. */
  long bytes() {
    return codes.size() + Short.BYTES * halves.size();
  }

  /** Writes the weights into an array [out, in] of the kernels' precision. */
  void decode(Kernels kernels, NDManager scope, NDArray target) {
    kernels.run(scope, "gguf_decode", target, codes, halves, type);
  }
}
