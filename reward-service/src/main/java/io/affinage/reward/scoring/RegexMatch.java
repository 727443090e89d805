package io.affinage.reward.scoring;

/**
 * 1 when the pattern (RE2 syntax) is found in the completion, else 0. {@code {reference}} in the
 * pattern stands for the candidate's reference, taken literally.
 */
public final class RegexMatch implements Reward {
  private static final String PLACEHOLDER = "{reference}";

  private final String pattern;
  private final boolean usesReference;
  private final LinearPattern plain;

  /**
   * @throws InvalidRewardException {@code invalid_pattern} when it does not compile
   */
  public RegexMatch(String pattern) {
    if (pattern == null || pattern.isEmpty()) {
      throw new InvalidRewardException(
          "invalid_pattern", "regex needs a pattern", "reward.pattern");
    }
    this.pattern = pattern;
    this.usesReference = pattern.contains(PLACEHOLDER);
    // A bad pattern is the request's fault, not the first item's.
    this.plain = LinearPattern.compile(filledWith("x"), "reward.pattern");
  }

  @Override
  public Score scoreOne(Candidate candidate, Budget budget) {
    if (usesReference && candidate.reference() == null) {
      return new Score.Unscorable(
          "missing_reference", "the pattern uses {reference} and the item has none");
    }
    try {
      boolean found = filled(candidate, budget).find(candidate.completion(), budget);
      return Score.of(found, found ? "pattern found" : "pattern not found");
    } catch (InvalidRewardException e) {
      return new Score.Unscorable(e.code(), e.getMessage());
    }
  }

  /** Compiled for each item and not kept: a thousand large patterns would fill the memory. */
  private LinearPattern filled(Candidate candidate, Budget budget) {
    if (!usesReference) {
      return plain;
    }
    LinearPattern filled =
        LinearPattern.compile(filledWith(candidate.reference()), "reward.pattern");
    budget.spend(filled.compilingSteps());
    return filled;
  }

  private String filledWith(String reference) {
    return pattern.replace(PLACEHOLDER, LinearPattern.quote(reference));
  }
}
