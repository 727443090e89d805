package io.affinage.llm.checkpoint;

import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** A checkpoint of which some matrices are read with a low-rank product added: W + s B A. */
public final class LowRankSum implements Checkpoint {
  private final Checkpoint files;
  private final Map<String, Product> products;
  private final Map<String, Boolean> matrices;

  /**
   * s B A.
   *
   * @param rank r
   * @param scaling s
   * @param a [r, in], row-major
   * @param b [out, r], row-major
   */
  public record Product(int rank, double scaling, float[] a, float[] b) {
    /** The same, taken away. */
    public Product negated() {
      return new Product(rank, -scaling, a, b);
    }

    /** Adds rows of s B A [out, in], from the first on, to values. */
    public void addTo(float[] values, int first, int rows) {
      int columns = a.length / rank;
      for (int row = 0; row < rows; row++) {
        for (int i = 0; i < rank; i++) {
          float factor = (float) (scaling * b[(first + row) * rank + i]);
          for (int column = 0; column < columns; column++) {
            values[row * columns + column] += factor * a[i * columns + column];
          }
        }
      }
    }

    /** The same of s (B A)^T [in, out]. */
    private void addTurnedTo(float[] values, int first, int rows) {
      int columns = b.length / rank;
      int in = a.length / rank;
      for (int row = 0; row < rows; row++) {
        for (int i = 0; i < rank; i++) {
          float factor = (float) (scaling * a[i * in + first + row]);
          for (int column = 0; column < columns; column++) {
            values[row * columns + column] += factor * b[column * rank + i];
          }
        }
      }
    }
  }

  /**
   * @param products by the names of matrices
   * @param matrices whether a matrix lies turned [in, out] in the files, by name
   */
  public LowRankSum(
      Checkpoint files, Map<String, Product> products, Map<String, Boolean> matrices) {
    this.files = files;
    this.products = Map.copyOf(products);
    this.matrices = Map.copyOf(matrices);
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
    if (!products.containsKey(name)) {
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

  /** The bytes of what nothing is added to. */
  @Override
  public ByteBuffer bytes(TensorEntry entry, long from, int length) {
    if (products.containsKey(entry.name())) {
      throw new IllegalArgumentException(entry.name() + " has other numbers than its file");
    }
    return files.bytes(entry, from, length);
  }

  @Override
  public void readRows(TensorEntry entry, long firstRow, long rows, FloatBuffer destination) {
    Product product = products.get(entry.name());
    if (product == null) {
      files.readRows(entry, firstRow, rows, destination);
      return;
    }
    Objects.checkFromIndexSize(firstRow, rows, entry.rows());
    int count = Math.toIntExact(rows * entry.rowElements());
    if (count > destination.remaining()) {
      throw new BufferOverflowException();
    }
    float[] values = new float[count];
    files.readRows(files.entry(entry.name()), firstRow, rows, FloatBuffer.wrap(values));
    if (matrices.getOrDefault(entry.name(), false)) {
      product.addTurnedTo(values, Math.toIntExact(firstRow), Math.toIntExact(rows));
    } else {
      product.addTo(values, Math.toIntExact(firstRow), Math.toIntExact(rows));
    }
    destination.put(values);
  }
}
