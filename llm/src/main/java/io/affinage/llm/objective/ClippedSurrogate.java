package io.affinage.llm.objective;

/**
 * The clipped surrogate of policy gradients (Schulman et al. 2017): -min(r A, clip(r, 1 - low, 1 +
 * high) A) of the ratio r of the probabilities under the model and under the one that sampled.
 *
 * @param value of the loss
 * @param byLogRatio its derivative by log r
 * @param low whether the ratio was clipped from below, the advantage being negative
 * @param high whether it was clipped from above, the advantage being positive
 */
record ClippedSurrogate(double value, double byLogRatio, boolean low, boolean high) {

  static ClippedSurrogate of(
      double logRatio, double advantage, double epsilonLow, double epsilonHigh) {
    double ratio = Math.exp(logRatio);
    double clipped = Math.min(Math.max(ratio, 1 - epsilonLow), 1 + epsilonHigh);
    boolean low = ratio < 1 - epsilonLow && advantage < 0;
    boolean high = ratio > 1 + epsilonHigh && advantage > 0;
    // Where the clipped one is smaller the loss is flat; infinity times 0 is not asked for.
    return low || high
        ? new ClippedSurrogate(-clipped * advantage, 0, low, high)
        : new ClippedSurrogate(
            advantage == 0 ? 0 : -ratio * advantage,
            advantage == 0 ? 0 : -ratio * advantage,
            false,
            false);
  }
}
