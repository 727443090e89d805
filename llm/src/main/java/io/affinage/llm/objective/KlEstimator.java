package io.affinage.llm.objective;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * Estimates of the divergence KL(model || reference) from one sample of the model (Schulman 2020),
 * by {@code d} = log p - log p of the reference, nats.
 */
public enum KlEstimator {
  /** d: no bias, large variance. */
  @JsonProperty("k1")
  K1,
  /** d squared, halved: small variance, biased where the two are far apart. */
  @JsonProperty("k2")
  K2,
  /** exp(-d) - 1 + d: no bias, never negative. */
  @JsonProperty("k3")
  K3;

  /**
   * As a number: part of a reward, or told.
   *
   * @param d log p - log p of the reference
   */
  public double of(double d) {
    return switch (this) {
      case K1 -> d;
      case K2 -> d * d / 2;
      case K3 -> Math.expm1(-d) + d;
    };
  }

  /**
   * An estimate as a part of a loss.
   *
   * @param value of the estimate
   * @param byLogp its derivative by log p of the sample
   */
  public record Term(double value, double byLogp) {}

  /**
   * As a part of a loss, weighted by the ratio of the probabilities under the model and under the
   * one that sampled. In expectation the derivative of all three is that of the divergence (Liu et
   * al. 2025, "Rethinking KL regularization"): without the ratio k1's would ignore the reference,
   * and k3's would be that of another divergence. The ratio beside k2 is a constant: k2's own
   * derivative is right already.
   *
   * @param d log p - log p of the reference
   * @param logRatio log p - log p under the model that sampled
   */
  public Term inLoss(double d, double logRatio) {
    double ratio = Math.exp(logRatio);
    return new Term(
        times(of(d), ratio),
        switch (this) {
          case K1 -> times(d + 1, ratio);
          case K2, K3 -> times(d, ratio);
        });
  }

  /** A ratio that overflows weights nothing where there is nothing. */
  private static double times(double value, double ratio) {
    return value == 0 ? 0 : value * ratio;
  }
}
