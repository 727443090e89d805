package io.affinage.llm.objective;

import java.util.Arrays;
import java.util.List;

/** Brings numbers of tokens to deviation 1, over all tokens of all answers. */
public final class Whitening {
  /** Added to a variance before it divides. */
  private static final double LEAST_VARIANCE = 1e-8;

  private Whitening() {}

  /**
   * Numbers less their mean, divided by the square root of their unbiased variance + 1e-8. One
   * number alone has no variance and becomes 0, or stays where the mean is kept.
   *
   * @param byAnswer each [tokens]
   * @param keepsMean whether the mean is put back, as for rewards, whose sign says something
   */
  public static List<double[]> of(List<double[]> byAnswer, boolean keepsMean) {
    double[] all = byAnswer.stream().flatMapToDouble(Arrays::stream).toArray();
    double mean = Arrays.stream(all).average().orElse(0);
    double squares = Arrays.stream(all).map(each -> (each - mean) * (each - mean)).sum();
    double variance = all.length < 2 ? 0 : squares / (all.length - 1);
    double divisor = Math.sqrt(variance + LEAST_VARIANCE);
    double put = keepsMean ? mean : 0;
    return byAnswer.stream()
        .map(answer -> Arrays.stream(answer).map(v -> (v - mean) / divisor + put).toArray())
        .toList();
  }
}
