package io.affinage.llm.objective;

/**
 * How much better the tokens of an answer were than expected (generalised advantage estimation,
 * Schulman et al. 2016). The state behind the last token is the end and is worth nothing.
 *
 * @param advantages [tokens]
 * @param returns what values are to become: advantages + values, [tokens]
 */
public record GeneralizedAdvantage(double[] advantages, double[] returns) {

  /**
   * Goes backwards: delta = r + gamma V' - V; A = delta + gamma lam A'.
   *
   * @param rewards of each token, [tokens]
   * @param values of the state before each token, [tokens]
   * @param gamma what a reward one token later counts
   * @param lam between the next value alone (0) and all that follows (1)
   */
  public static GeneralizedAdvantage of(
      double[] rewards, float[] values, double gamma, double lam) {
    if (rewards.length != values.length) {
      throw new IllegalArgumentException(
          "%d rewards for %d values".formatted(rewards.length, values.length));
    }
    double[] advantages = new double[rewards.length];
    double[] returns = new double[rewards.length];
    double next = 0;
    double nextValue = 0;
    for (int t = rewards.length - 1; t >= 0; t--) {
      double delta = rewards[t] + gamma * nextValue - values[t];
      next = delta + gamma * lam * next;
      nextValue = values[t];
      advantages[t] = next;
      returns[t] = next + values[t];
    }
    return new GeneralizedAdvantage(advantages, returns);
  }
}
