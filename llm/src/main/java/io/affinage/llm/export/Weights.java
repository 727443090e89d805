package io.affinage.llm.export;

import java.util.List;

/** A model's weights on their way into a file, read some rows at a time. */
public interface Weights {

  /**
   * One weight.
   *
   * @param name in Hugging Face's naming
   * @param shape outermost dimension first
   */
  record Weight(String name, long[] shape) {
    /** Elements of one row (index of the first dimension). */
    public int rowElements() {
      long product = 1;
      for (int d = 1; d < shape.length; d++) {
        product = Math.multiplyExact(product, shape[d]);
      }
      return Math.toIntExact(product);
    }

    /** Size of the first dimension; 1 for a scalar. */
    public long rows() {
      return shape.length == 0 ? 1 : shape[0];
    }
  }

  /** Every weight once, in the model's order. */
  List<Weight> list();

  /**
   * Reads rows as float32, row-major.
   *
   * @param destination takes {@code rows * rowElements} values from index 0 on
   */
  void read(Weight weight, long firstRow, int rows, float[] destination);
}
