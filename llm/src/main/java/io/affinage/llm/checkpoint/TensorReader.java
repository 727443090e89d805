package io.affinage.llm.checkpoint;

import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Objects;
import java.util.stream.LongStream;

/** Reads tensors of one mapped file as floats, chunk by chunk on the common pool. */
final class TensorReader {

  /**
   * Elements decoded at a time: source and result stay in the second-level cache. A multiple of
   * every block size.
   */
  private static final int CHUNK = 1 << 14;

  private final MappedFile file;

  TensorReader(MappedFile file) {
    this.file = file;
  }

  ByteBuffer bytes(TensorEntry entry, long from, int length) {
    Objects.checkFromIndexSize(from, length, entry.byteLength());
    return file.slice(entry.offset() + from, length);
  }

  void readRows(TensorEntry entry, long firstRow, long rows, FloatBuffer destination) {
    Objects.checkFromIndexSize(firstRow, rows, entry.rows());
    BlockDecoder decoder =
        BlockDecoder.of(entry.type()).orElseThrow(() -> StorageType.notReadable(entry));
    long rowElements = entry.rowElements();
    long count = Math.multiplyExact(rows, rowElements);
    if (count > destination.remaining()) {
      throw new BufferOverflowException();
    }
    if (!(entry.rowOrder() instanceof RowOrder.Rows order)) {
      readColumns(entry, decoder, (int) firstRow, (int) rows, destination);
      destination.position(destination.position() + (int) count);
      return;
    }
    var run = new Run(entry, decoder, destination, destination.position());
    if (order instanceof RowOrder.AsIs) {
      long firstElement = firstRow * rowElements;
      requireWholeBlocks(entry, firstElement, count);
      forEachChunk(
          (count + CHUNK - 1) / CHUNK,
          chunk -> {
            long start = chunk * CHUNK;
            run.decode(firstElement + start, (int) Math.min(CHUNK, count - start), (int) start);
          });
    } else {
      requireWholeBlocks(entry, 0, rowElements);
      long rowsAtOnce = Math.max(1, CHUNK / Math.max(1, rowElements));
      forEachChunk(
          (rows + rowsAtOnce - 1) / rowsAtOnce,
          chunk -> {
            long end = Math.min(rows, (chunk + 1) * rowsAtOnce);
            for (long row = chunk * rowsAtOnce; row < end; row++) {
              long stored = order.storedRow(firstRow + row);
              for (long done = 0; done < rowElements; done += CHUNK) {
                run.decode(
                    stored * rowElements + done,
                    (int) Math.min(CHUNK, rowElements - done),
                    (int) (row * rowElements + done));
              }
            }
          });
    }
    destination.position(destination.position() + (int) count);
  }

  /** Each row of the file gives one element of every row. */
  private void readColumns(
      TensorEntry entry, BlockDecoder decoder, int first, int rows, FloatBuffer destination) {
    int columns = (int) entry.rowElements();
    int stored = Math.toIntExact(entry.rows());
    requireWholeBlocks(entry, 0, stored);
    int base = destination.position();
    forEachChunk(
        columns,
        column -> {
          float[] values = new float[stored];
          new Run(entry, decoder, FloatBuffer.wrap(values), 0).decode(column * stored, stored, 0);
          for (int row = 0; row < rows; row++) {
            destination.put(base + row * columns + (int) column, values[first + row]);
          }
        });
  }

  private static void requireWholeBlocks(TensorEntry entry, long first, long count) {
    int block = entry.type().blockSize();
    if (first % block != 0 || count % block != 0) {
      throw new IndexOutOfBoundsException(
          "elements %d to %d of %s are not whole blocks of %d"
              .formatted(first, first + count, entry.name(), block));
    }
  }

  private static void forEachChunk(long chunks, java.util.function.LongConsumer work) {
    LongStream range = LongStream.range(0, chunks);
    (chunks > 4 ? range.parallel() : range).forEach(work);
  }

  /** One reading of an entry into a destination; {@code base} is where element 0 goes. */
  private final class Run {
    private final TensorEntry entry;
    private final BlockDecoder decoder;
    private final FloatBuffer destination;
    private final int base;

    Run(TensorEntry entry, BlockDecoder decoder, FloatBuffer destination, int base) {
      this.entry = entry;
      this.decoder = decoder;
      this.destination = destination;
      this.base = base;
    }

    void decode(long firstElement, int count, int to) {
      StorageType type = entry.type();
      long from = type.bytes(firstElement);
      int length = (int) type.bytes(count);
      ByteBuffer source = file.slice(entry.offset() + from, length);
      if (type == StorageType.F32 && destination.order() == ByteOrder.nativeOrder()) {
        destination.put(base + to, source.asFloatBuffer(), 0, count);
        return;
      }
      byte[] encoded = new byte[length];
      source.get(encoded);
      if (destination.hasArray()) {
        decoder.decode(
            encoded,
            0,
            destination.array(),
            destination.arrayOffset() + base + to,
            count / type.blockSize());
      } else {
        float[] values = new float[count];
        decoder.decode(encoded, 0, values, 0, count / type.blockSize());
        destination.put(base + to, values, 0, count);
      }
    }
  }
}
