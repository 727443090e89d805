package io.affinage.eval.statistics;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * The paired permutation test: were base and tuned interchangeable, each item's difference would as
 * likely have the other sign. Two-sided p-value of the sum of the differences.
 *
 * <p>Exact where all differences have one size (then it is the binomial test, for right and wrong
 * answers McNemar's exact test) and for up to {@value #EXACT_ITEMS} items that differ; else from
 * {@value #SAMPLES} seeded samples with the observation counted among them, so it is never 0.
 */
public final class SignFlipTest {
  static final int EXACT_ITEMS = 18;
  static final int SAMPLES = 99_999;

  /** Sums closer than this share of the largest possible sum are one sum. */
  private static final double RELATIVE_SLACK = 1e-12;

  private SignFlipTest() {}

  /**
   * The p-value.
   *
   * @param differences one per item; items without a difference have no influence
   * @param seed used only when sampling
   * @return above 0, at most 1
   */
  public static double pValue(double[] differences, long seed) {
    double[] sizes = Arrays.stream(differences).filter(d -> d != 0).map(Math::abs).toArray();
    if (sizes.length == 0) {
      return 1;
    }
    double observed = Math.abs(Arrays.stream(differences).sum());
    double largest = Arrays.stream(sizes).sum();
    double threshold = observed - largest * RELATIVE_SLACK;
    if (Arrays.stream(sizes).allMatch(size -> size == sizes[0])) {
      long positive = Arrays.stream(differences).filter(d -> d > 0).count();
      return binomial(sizes.length, (int) positive);
    }
    return sizes.length <= EXACT_ITEMS ? exact(sizes, threshold) : sampled(sizes, threshold, seed);
  }

  /** Two-sided exact binomial test of one half. */
  private static double binomial(int n, int positive) {
    int few = Math.min(positive, n - positive);
    double logHalf = -n * Math.log(2);
    double logChoose = 0;
    double tail = 0;
    for (int k = 0; k <= few; k++) {
      tail += Math.exp(logChoose + logHalf);
      logChoose += Math.log((double) (n - k) / (k + 1));
    }
    return Math.min(1, Math.max(Double.MIN_NORMAL, 2 * tail));
  }

  /** All sign patterns in Gray code order: each differs from the last by one sign. */
  private static double exact(double[] sizes, double threshold) {
    int n = sizes.length;
    int[] signs = new int[n];
    Arrays.fill(signs, 1);
    double sum = Arrays.stream(sizes).sum();
    // By symmetry the first sign can stay.
    long patterns = 1L << (n - 1);
    long extreme = Math.abs(sum) >= threshold ? 1 : 0;
    for (long step = 1; step < patterns; step++) {
      int flip = 1 + Long.numberOfTrailingZeros(step);
      sum -= 2 * signs[flip] * sizes[flip];
      signs[flip] = -signs[flip];
      if (Math.abs(sum) >= threshold) {
        extreme++;
      }
    }
    return (double) extreme / patterns;
  }

  private static double sampled(double[] sizes, double threshold, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    long extreme = 0;
    for (int s = 0; s < SAMPLES; s++) {
      double sum = 0;
      long bits = 0;
      for (int i = 0; i < sizes.length; i++) {
        if ((i & 63) == 0) {
          bits = random.nextLong();
        }
        sum += (bits & 1) == 0 ? sizes[i] : -sizes[i];
        bits >>>= 1;
      }
      if (Math.abs(sum) >= threshold) {
        extreme++;
      }
    }
    return (extreme + 1.0) / (SAMPLES + 1.0);
  }
}
