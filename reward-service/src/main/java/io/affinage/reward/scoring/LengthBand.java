package io.affinage.reward.scoring;

/**
 * 1 for completions of minCharacters to maxCharacters, falling linearly to 0 at half the minimum
 * and at twice the maximum. Characters are Unicode code points.
 */
public record LengthBand(int minCharacters, int maxCharacters) implements Reward {

  /**
   * @throws InvalidRewardException {@code invalid_length} unless 0 <= min <= max and 1 <= max
   */
  public LengthBand {
    if (minCharacters < 0 || maxCharacters < 1 || maxCharacters < minCharacters) {
      throw new InvalidRewardException(
          "invalid_length",
          "length needs 0 <= minCharacters <= maxCharacters and maxCharacters >= 1, not %d and %d"
              .formatted(minCharacters, maxCharacters),
          "reward.minCharacters");
    }
  }

  @Override
  public Score scoreOne(Candidate candidate, Budget budget) {
    String completion = candidate.completion();
    budget.spend(completion.length());
    int length = completion.codePointCount(0, completion.length());
    double value = 1;
    if (length < minCharacters) {
      value = Math.max(0, (length - minCharacters / 2.0) / (minCharacters / 2.0));
    } else if (length > maxCharacters) {
      value = Math.max(0, (2.0 * maxCharacters - length) / maxCharacters);
    }
    return new Score.Value(
        value, "%d characters, wanted %d to %d".formatted(length, minCharacters, maxCharacters));
  }
}
