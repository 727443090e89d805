package io.affinage.llm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.quantization.BlockScales;
import io.affinage.llm.quantization.Nf4;

/**
 * A matrix [out, in] in NF4, as {@code nf4.pyt} takes it.
 *
 * @param shape of the matrix
 * @param packed codes, two a byte [ceil(out in / 2)] uint8
 * @param scales of blocks, float32, or their codes, uint8
 * @param magnitudes of 256 scales each, float32; empty where scales are not quantized
 * @param mean of the scales [1] float32
 */
record Nf4Weight(Shape shape, NDArray packed, NDArray scales, NDArray magnitudes, NDArray mean) {

  /** Room for the codes and scales of a matrix. */
  static Nf4Weight allocate(NDManager manager, Shape shape, boolean nested) {
    long elements = shape.size();
    long blocks = Nf4.blocks(elements);
    long groups = (blocks + BlockScales.Nested.BLOCK - 1) / BlockScales.Nested.BLOCK;
    return new Nf4Weight(
        shape,
        manager.create(new Shape(Nf4.bytes(elements)), DataType.UINT8),
        manager.create(new Shape(blocks), nested ? DataType.UINT8 : DataType.FLOAT32),
        manager.create(new Shape(nested ? groups : 0), DataType.FLOAT32),
        manager.create(new Shape(1), DataType.FLOAT32));
  }

  boolean nested() {
    return magnitudes.size() > 0;
  }

  /** Bytes that the arrays take. */
  long bytes() {
    return packed.size() + scales.size() * (nested() ? 1 : 4) + magnitudes.size() * 4 + 4;
  }
}
