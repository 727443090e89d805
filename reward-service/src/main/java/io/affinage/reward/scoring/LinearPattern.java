package io.affinage.reward.scoring;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;

/**
 * A regular expression in RE2 syntax: matched in time linear in the text, so that no pattern from
 * outside can hang the service. What remains, program size times text length, is bounded here, and
 * by count rather than by clock: the same input gets the same answer on every machine.
 */
final class LinearPattern {
  /** Longest pattern in characters. */
  static final int MAX_LENGTH = 10_000;

  /** Most instruction steps that one match may take; about a second. */
  static final long MAX_STEPS = 100_000_000L;

  private final Pattern pattern;

  private LinearPattern(Pattern pattern) {
    this.pattern = pattern;
  }

  /**
   * @throws InvalidRewardException {@code invalid_pattern}
   */
  static LinearPattern compile(String text, String param) {
    if (text.length() > MAX_LENGTH) {
      throw new InvalidRewardException(
          "invalid_pattern",
          "the pattern has %d characters; at most %d are taken"
              .formatted(text.length(), MAX_LENGTH),
          param);
    }
    RepetitionBound.check(text, param);
    try {
      return new LinearPattern(Pattern.compile(text));
    } catch (PatternSyntaxException e) {
      throw new InvalidRewardException(
          "invalid_pattern",
          "not a pattern of RE2 syntax (which has no look-around and no back-references): "
              + e.getMessage(),
          param);
    }
  }

  /** The text as a pattern that matches nothing else. */
  static String quote(String text) {
    return Pattern.quote(text);
  }

  /**
   * Whether the pattern is found in the text.
   *
   * @throws TooCostlyException when program size times text length exceeds {@link #MAX_STEPS}
   */
  boolean find(String text) {
    long steps = (long) pattern.programSize() * (text.length() + 1L);
    if (steps > MAX_STEPS) {
      throw new TooCostlyException(
          "matching would take %d steps, over the limit of %d: shorten the pattern or the text"
              .formatted(steps, MAX_STEPS));
    }
    return pattern.matcher(text).find();
  }

  /** The match was not tried. */
  static final class TooCostlyException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TooCostlyException(String message) {
      super(message);
    }
  }
}
