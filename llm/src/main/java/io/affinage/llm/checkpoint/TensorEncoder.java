package io.affinage.llm.checkpoint;

import io.affinage.llm.error.LlmException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Writes a tensor from rows of 32-bit floats in any type that has an encoder, some rows at a time,
 * on the common pool. Memory is bounded by a few rows (as many as change places with each other)
 * whatever the tensor's size.
 */
public final class TensorEncoder implements TensorData {

  /** Elements read and encoded at a time, if rows that change places are no more. */
  private static final int CHUNK = 1 << 21;

  /** Elements that one task encodes: a multiple of every block size. */
  private static final int TASK = 1 << 14;

  private static final float LARGEST_HALF = 65504;

  private final String name;
  private final StorageType type;
  private final long rows;
  private final int rowElements;
  private final RowOrder.Rows order;
  private final RowSource source;

  /** Gives rows (indices of the first dimension, in Hugging Face's order) as floats. */
  @FunctionalInterface
  public interface RowSource {
    /**
     * @param destination takes {@code rows} rows from index 0 on
     */
    void read(long firstRow, int rows, float[] destination);
  }

  /**
   * @param name for messages
   * @param type a type for which {@link #canEncode} says yes
   * @param shape outermost dimension first; rows of whole blocks
   * @param order in which the rows go into the file
   */
  public TensorEncoder(
      String name, StorageType type, long[] shape, RowOrder.Rows order, RowSource source) {
    this.name = name;
    this.type = type;
    this.rows = shape.length == 0 ? 1 : shape[0];
    this.rowElements = Math.toIntExact(Arrays.stream(shape).skip(1).reduce(1, Math::multiplyExact));
    this.order = order;
    this.source = source;
    if (!canEncode(type, rowElements)) {
      throw new IllegalArgumentException(
          "%s: rows of %d elements cannot be stored as %s".formatted(name, rowElements, type));
    }
  }

  /** Whether rows of this many elements can be written in a type. */
  public static boolean canEncode(StorageType type, long rowElements) {
    return BlockEncoder.of(type).isPresent() && rowElements % type.blockSize() == 0;
  }

  @Override
  public void writeTo(WritableByteChannel channel) throws IOException {
    BlockEncoder encoder = BlockEncoder.of(type).orElseThrow();
    int unit = Math.toIntExact(order.span());
    int atOnce =
        (int) Math.min(rows, Math.max(unit, CHUNK / Math.max(1, rowElements) / unit * unit));
    var values = new float[Math.multiplyExact(atOnce, rowElements)];
    var ordered = order instanceof RowOrder.AsIs ? values : new float[values.length];
    var bytes = new byte[Math.toIntExact(type.bytes(values.length))];
    for (long first = 0; first < rows; first += atOnce) {
      int count = (int) Math.min(atOnce, rows - first);
      source.read(first, count, values);
      reorder(first, count, values, ordered);
      int elements = count * rowElements;
      requireStorable(ordered, elements, first);
      int tasks = (elements + TASK - 1) / TASK;
      IntStream.range(0, tasks)
          .parallel()
          .forEach(
              task -> {
                int from = task * TASK;
                int length = Math.min(TASK, elements - from);
                encoder.encode(
                    ordered, from, bytes, (int) type.bytes(from), length / type.blockSize());
              });
      ReplacedFile.writeFully(channel, ByteBuffer.wrap(bytes, 0, (int) type.bytes(elements)));
    }
  }

  private void reorder(long first, int count, float[] values, float[] ordered) {
    if (values == ordered) {
      return;
    }
    for (int row = 0; row < count; row++) {
      int stored = (int) (order.storedRow(first + row) - first);
      System.arraycopy(values, row * rowElements, ordered, stored * rowElements, rowElements);
    }
  }

  private void requireStorable(float[] values, int count, long firstRow) {
    float most = type == StorageType.F16 ? LARGEST_HALF : Float.MAX_VALUE;
    for (int i = 0; i < count; i++) {
      if (!(Math.abs(values[i]) <= most)) {
        throw new LlmException(
            "weight_not_storable",
            "weight %s has the value %s in row %d, which %s cannot hold%s"
                .formatted(
                    name,
                    values[i],
                    firstRow + i / rowElements,
                    type,
                    Float.isFinite(values[i])
                        ? ": use BF16 or F32"
                        : ": the model's weights are damaged"));
      }
    }
  }
}
