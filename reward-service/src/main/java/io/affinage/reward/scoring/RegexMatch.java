package io.affinage.reward.scoring;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * 1 when the pattern (RE2 syntax) is found in the completion, else 0. {@code {reference}} in the
 * pattern stands for the candidate's reference, taken literally.
 */
public final class RegexMatch implements Reward {
  private static final String PLACEHOLDER = "{reference}";

  private final String pattern;
  private final boolean usesReference;
  private final ConcurrentMap<String, LinearPattern> compiled = new ConcurrentHashMap<>();

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
    LinearPattern plain = LinearPattern.compile(filledWith("x"), "reward.pattern");
    if (!usesReference) {
      compiled.put("", plain);
    }
  }

  @Override
  public Score scoreOne(Candidate candidate) {
    if (usesReference && candidate.reference() == null) {
      return new Score.Unscorable("the pattern uses {reference} and the item has none");
    }
    try {
      LinearPattern filled =
          compiled.computeIfAbsent(
              usesReference ? candidate.reference() : "",
              reference -> LinearPattern.compile(filledWith(reference), "reward.pattern"));
      boolean found = filled.find(candidate.completion());
      return Score.of(found, found ? "pattern found" : "pattern not found");
    } catch (LinearPattern.TooCostlyException | InvalidRewardException e) {
      return new Score.Unscorable(e.getMessage());
    }
  }

  private String filledWith(String reference) {
    return pattern.replace(PLACEHOLDER, LinearPattern.quote(reference));
  }
}
