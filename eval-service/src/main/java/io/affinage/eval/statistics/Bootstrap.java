package io.affinage.eval.statistics;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.DoubleBinaryOperator;
import java.util.function.ToDoubleFunction;

/**
 * The percentile bootstrap (Efron 1979): resample the items with replacement, recompute the
 * statistic, and take the middle of what comes out.
 *
 * @param resamples how often to resample
 * @param confidence share of resamples inside the interval, as 0.95
 * @param seed the same seed gives the same interval
 */
public record Bootstrap(int resamples, double confidence, long seed) {
  public Bootstrap {
    if (resamples < 1 || !(confidence > 0 && confidence < 1)) {
      throw new IllegalArgumentException(
          "resamples " + resamples + ", confidence " + confidence + " make no interval");
    }
  }

  /** 95% from 10,000 resamples. */
  public static Bootstrap standard(long seed) {
    return new Bootstrap(10_000, 0.95, seed);
  }

  /**
   * The interval of a mean.
   *
   * @param values one per item
   */
  public Interval ofMean(double[] values) {
    double[] ones = new double[values.length];
    Arrays.fill(ones, 1);
    return ofSums(values, ones, (sum, n) -> sum / n);
  }

  /**
   * The interval of a function of two sums over the items, such as total negative log-probability
   * and total tokens.
   *
   * @param first one per item
   * @param second one per item
   * @param statistic of the two sums
   */
  public Interval ofSums(double[] first, double[] second, DoubleBinaryOperator statistic) {
    if (first.length == 0 || second.length != first.length) {
      throw new IllegalArgumentException(
          "a bootstrap needs items in pairs, not " + first.length + " and " + second.length);
    }
    return ofItems(
        first.length,
        picks -> {
          double sumFirst = 0;
          double sumSecond = 0;
          for (int pick : picks) {
            sumFirst += first[pick];
            sumSecond += second[pick];
          }
          return statistic.applyAsDouble(sumFirst, sumSecond);
        });
  }

  /**
   * The interval of any statistic of items.
   *
   * @param n items
   * @param statistic of some of them, by index, [n]; an item may be there repeatedly; the array is
   *     used again
   */
  public Interval ofItems(int n, ToDoubleFunction<int[]> statistic) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] outcomes = new double[resamples];
    int[] picks = new int[n];
    for (int r = 0; r < resamples; r++) {
      for (int i = 0; i < n; i++) {
        picks[i] = random.nextInt(n);
      }
      outcomes[r] = statistic.applyAsDouble(picks);
    }
    Arrays.sort(outcomes);
    double tail = (1 - confidence) / 2;
    return new Interval(quantile(outcomes, tail), quantile(outcomes, 1 - tail));
  }

  /** Linear between the neighbours, as NumPy's default. */
  private static double quantile(double[] sorted, double q) {
    double position = q * (sorted.length - 1);
    int below = (int) Math.floor(position);
    int above = Math.min(below + 1, sorted.length - 1);
    if (sorted[below] == sorted[above]) {
      return sorted[below];
    }
    return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
  }
}
