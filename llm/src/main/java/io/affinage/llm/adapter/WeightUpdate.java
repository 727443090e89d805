package io.affinage.llm.adapter;

/**
 * What an adapter makes of the weight [out, in] of a linear layer: {@code W' = diag(output) (W + s
 * B A) diag(input)}, and of its bias {@code b' = diag(bias) b}. A copy on the heap, float32.
 *
 * @param product s B A; a product of rank 0 where there is none
 * @param output factor of each row [out]; empty for none
 * @param input factor of each column [in]; empty for none
 * @param bias factor of each number of the bias [out]; empty for none
 */
public record WeightUpdate(LowRank product, float[] output, float[] input, float[] bias) {

  /**
   * @param rank r
   * @param a [r, in], row-major
   * @param b [out, r], row-major
   */
  public record LowRank(int rank, double scaling, float[] a, float[] b) {
    /** Adds nothing. */
    public static final LowRank NONE = new LowRank(0, 0, new float[0], new float[0]);
  }

  private static final float[] NONE = new float[0];

  /** W + s B A. */
  public static WeightUpdate sum(LowRank product) {
    return new WeightUpdate(product, NONE, NONE, NONE);
  }

  /** Whether it is a sum alone, which llama.cpp's adapter files can say. */
  public boolean isSum() {
    return output.length == 0 && input.length == 0 && bias.length == 0;
  }
}
