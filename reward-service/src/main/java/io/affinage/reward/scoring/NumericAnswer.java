package io.affinage.reward.scoring;

/**
 * 1 when the last number in the completion equals the last number of the reference within the
 * tolerance (absolute), else 0. See {@link ParsedNumber} for what counts as a number.
 */
public record NumericAnswer(double tolerance) implements Reward {
  private static final long STEPS_A_CHARACTER = 20;

  /**
   * @throws InvalidRewardException {@code invalid_tolerance} when negative or not finite
   */
  public NumericAnswer {
    if (!(tolerance >= 0) || Double.isInfinite(tolerance)) {
      throw new InvalidRewardException(
          "invalid_tolerance",
          "numeric_answer needs a tolerance of 0 or more, not " + tolerance,
          "reward.tolerance");
    }
  }

  @Override
  public Score scoreOne(Candidate candidate, Budget budget) {
    if (candidate.reference() == null) {
      return new Score.Unscorable(
          "missing_reference", "numeric_answer needs a reference and the item has none");
    }
    budget.spend(
        STEPS_A_CHARACTER * (candidate.completion().length() + candidate.reference().length()));
    ParsedNumber right = ParsedNumber.lastIn(candidate.reference()).orElse(null);
    if (right == null) {
      return new Score.Unscorable("no_number_in_reference", "the reference has no number in it");
    }
    ParsedNumber answer = ParsedNumber.lastIn(candidate.completion()).orElse(null);
    if (answer == null) {
      return Score.of(false, "no number in the completion, expected " + right.text());
    }
    boolean same = answer.equalsWithin(right, tolerance);
    return Score.of(same, "expected " + right.text() + ", got " + answer.text());
  }
}
