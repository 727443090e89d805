package io.affinage.llm.model.config;

/**
 * A weight of every block.
 *
 * @param index its place among the arrays that kernels take
 * @param path its name within a block, such as {@code self_attn.q_proj.weight}
 * @param rows first dimension, as kernels take it
 * @param columns second dimension; 0 for a vector
 * @param transposed whether Hugging Face's file stores a matrix as [columns, rows]
 */
public record BlockWeight(int index, String path, int rows, int columns, boolean transposed) {

  /** Number of elements. */
  public long elements() {
    return columns == 0 ? rows : (long) rows * columns;
  }
}
