package io.affinage.llm.checkpoint;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;

/**
 * Where a tensor lies. Validated by whoever opened the file: the bytes are inside the file and
 * their count fits shape and type.
 *
 * @param name in Hugging Face's naming, such as {@code model.layers.0.self_attn.q_proj.weight}
 * @param shape row-major, outermost dimension first, as Hugging Face has it (a linear layer is
 *     {@code [out, in]}); empty for a scalar
 * @param type how values are stored
 * @param rowOrder in which order the rows (first dimension) lie in the file
 * @param file the file that holds the bytes
 * @param offset first byte, counted from the start of the file
 * @param byteLength bytes the tensor takes
 */
public record TensorEntry(
    String name,
    long[] shape,
    StorageType type,
    RowOrder rowOrder,
    Path file,
    long offset,
    long byteLength) {

  public TensorEntry {
    Objects.requireNonNull(name, "name");
    shape = shape.clone();
    Objects.requireNonNull(type, "type");
    Objects.requireNonNull(rowOrder, "rowOrder");
    Objects.requireNonNull(file, "file");
    if (offset < 0 || byteLength < 0 || type.bytes(product(shape, 0)) != byteLength) {
      throw new IllegalArgumentException(
          "%s: %s of %s in %d bytes at %d"
              .formatted(name, type, Arrays.toString(shape), byteLength, offset));
    }
  }

  /** The dimensions, outermost first (a copy). */
  @Override
  public long[] shape() {
    return shape.clone();
  }

  /** Number of elements. */
  public long elements() {
    return product(shape, 0);
  }

  /** Size of the first dimension; 1 for a scalar. */
  public long rows() {
    return shape.length == 0 ? 1 : shape[0];
  }

  /** Elements of one row: the product of all dimensions but the first. */
  public long rowElements() {
    return product(shape, 1);
  }

  private static long product(long[] shape, int from) {
    long product = 1;
    for (int i = from; i < shape.length; i++) {
      if (shape[i] < 0) {
        throw new IllegalArgumentException("negative dimension in " + Arrays.toString(shape));
      }
      product = Math.multiplyExact(product, shape[i]);
    }
    return product;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TensorEntry that
        && name.equals(that.name)
        && Arrays.equals(shape, that.shape)
        && type == that.type
        && rowOrder.equals(that.rowOrder)
        && file.equals(that.file)
        && offset == that.offset
        && byteLength == that.byteLength;
  }

  @Override
  public int hashCode() {
    return Objects.hash(name, Arrays.hashCode(shape), type, file, offset);
  }

  @Override
  public String toString() {
    return "%s %s %s in %s at %d (%d bytes)"
        .formatted(name, type, Arrays.toString(shape), file.getFileName(), offset, byteLength);
  }
}
