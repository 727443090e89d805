package io.affinage.llm.checkpoint;

import io.affinage.llm.quantization.BlockScales;
import io.affinage.llm.quantization.Nf4;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * A checkpoint of which some matrices are read as the numbers that they have in NF4: what an
 * adapter was trained beside, for whoever serves or merges it from the plain files.
 */
public final class Nf4Rounding implements Checkpoint {
  private final Checkpoint files;
  private final Map<String, Boolean> matrices;
  private final boolean nested;

  /** The last matrix that was read: rows are asked for some at a time. */
  private Rounded last;

  private record Rounded(String name, float[] values) {}

  /**
   * @param matrices names of the matrices that are quantized, and whether they lie turned [in, out]
   *     in the files: they are quantized as [out, in]
   * @param nested whether scales are quantized too
   */
  public Nf4Rounding(Checkpoint files, Map<String, Boolean> matrices, boolean nested) {
    this.files = files;
    this.matrices = Map.copyOf(matrices);
    this.nested = nested;
  }

  @Override
  public ModelMetadata config() {
    return files.config();
  }

  @Override
  public Set<String> names() {
    return files.names();
  }

  @Override
  public TensorEntry entry(String name) {
    TensorEntry stored = files.entry(name);
    if (!matrices.containsKey(name)) {
      return stored;
    }
    return new TensorEntry(
        name,
        stored.shape(),
        StorageType.F32,
        RowOrder.AS_IS,
        stored.file(),
        stored.offset(),
        StorageType.F32.bytes(stored.elements()));
  }

  @Override
  public List<Path> files() {
    return files.files();
  }

  @Override
  public Optional<GgufTokenizer> tokenizer() {
    return files.tokenizer();
  }

  /** The bytes of what is not quantized. */
  @Override
  public ByteBuffer bytes(TensorEntry entry, long from, int length) {
    if (matrices.containsKey(entry.name())) {
      throw new IllegalArgumentException(entry.name() + " has other numbers than its file");
    }
    return files.bytes(entry, from, length);
  }

  @Override
  public void readRows(TensorEntry entry, long firstRow, long rows, FloatBuffer destination) {
    if (!matrices.containsKey(entry.name())) {
      files.readRows(entry, firstRow, rows, destination);
      return;
    }
    Objects.checkFromIndexSize(firstRow, rows, entry.rows());
    int first = Math.toIntExact(firstRow * entry.rowElements());
    int count = Math.toIntExact(rows * entry.rowElements());
    if (count > destination.remaining()) {
      throw new BufferOverflowException();
    }
    destination.put(rounded(entry), first, count);
  }

  private synchronized float[] rounded(TensorEntry entry) {
    if (last == null || !last.name().equals(entry.name())) {
      boolean turned = matrices.get(entry.name());
      int rows = Math.toIntExact(entry.rows());
      int columns = Math.toIntExact(entry.rowElements());
      float[] values = files.readFloats(entry.name());
      if (turned) {
        values = turned(values, rows, columns);
      }
      round(values, nested);
      last = new Rounded(entry.name(), turned ? turned(values, columns, rows) : values);
    }
    return last.values();
  }

  /**
   * Gives the numbers of a matrix [out, in] those that they have in NF4, in place.
   *
   * @param nested whether scales are quantized too
   */
  public static void round(float[] values, boolean nested) {
    byte[] packed = new byte[(int) Nf4.bytes(values.length)];
    var scales = new BlockScales.Plain(new float[(int) Nf4.blocks(values.length)]);
    Nf4.encode(values, values.length, packed, scales.values(), 0);
    Nf4.decode(
        packed, nested ? BlockScales.Nested.of(scales) : scales, 0, values.length, values, 0);
  }

  /** A matrix [rows, columns] as [columns, rows]. */
  private static float[] turned(float[] values, int rows, int columns) {
    float[] turned = new float[values.length];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        turned[column * rows + row] = values[row * columns + column];
      }
    }
    return turned;
  }
}
