package io.affinage.llm.training.estimate;

import java.util.OptionalDouble;

/**
 * How fast a machine is; what is not known is empty.
 *
 * @param flops a second, of a large matrix product
 * @param dequantized weights a second, from NF4
 * @param disk bytes a second
 */
public record Speed(OptionalDouble flops, OptionalDouble dequantized, OptionalDouble disk) {
  /** A machine of which nothing is known. */
  public static final Speed UNKNOWN =
      new Speed(OptionalDouble.empty(), OptionalDouble.empty(), OptionalDouble.empty());

  /**
   * What of a product's rate a whole step reaches: 0.56 of it were measured (bench/RESULTS.md,
   * step.gemm_share), and short rows reach less.
   */
  private static final double SHARE = 0.5;

  /**
   * Seconds for some work; empty where a rate that it needs is not known. Reading goes on beside
   * computing, so the slower of the two counts.
   */
  public OptionalDouble seconds(Work work) {
    boolean unknown =
        flops.isEmpty()
            || work.dequantized() > 0 && dequantized.isEmpty()
            || work.bytesRead() > 0 && disk.isEmpty();
    if (unknown) {
      return OptionalDouble.empty();
    }
    double computing =
        work.flops() / (SHARE * flops.getAsDouble())
            + (work.dequantized() > 0 ? work.dequantized() / dequantized.getAsDouble() : 0);
    double reading = work.bytesRead() > 0 ? work.bytesRead() / disk.getAsDouble() : 0;
    return OptionalDouble.of(Math.max(computing, reading));
  }
}
