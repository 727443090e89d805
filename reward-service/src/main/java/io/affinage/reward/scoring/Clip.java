package io.affinage.reward.scoring;

/** Bounds of a score. */
public record Clip(double low, double high) {
  /** None. */
  public static final Clip NONE = new Clip(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);

  /**
   * @throws InvalidRewardException {@code invalid_clip} unless low is not above high
   */
  public Clip {
    if (!(low <= high)) {
      throw new InvalidRewardException(
          "invalid_clip",
          "a clip needs low <= high, not %s and %s".formatted(low, high),
          "reward.clip");
    }
  }

  double of(double score) {
    return Math.max(low, Math.min(high, score));
  }
}
