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

  /** What compiling one atom of a pattern costs. */
  private static final long STEPS_AN_ATOM = 50;

  private final Pattern pattern;
  private final long atoms;

  private LinearPattern(Pattern pattern, long atoms) {
    this.pattern = pattern;
    this.atoms = atoms;
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
    return compile(text, text, 0, param);
  }

  /** As {@link #compile}, of a pattern for the whole text in which a dot matches line ends. */
  static LinearPattern compileWhole(String text, String param) {
    // By itself first, or a bracket could close what was put around it.
    compile(text, param);
    return compile(text, "^(?:" + text + ")$", Pattern.DOTALL, param);
  }

  private static LinearPattern compile(String text, String whole, int flags, String param) {
    long atoms = RepetitionBound.check(text, param);
    try {
      return new LinearPattern(Pattern.compile(whole, flags), atoms);
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

  /** What compiling it cost. */
  long compilingSteps() {
    return atoms * STEPS_AN_ATOM;
  }

  /**
   * Whether the pattern is found in the text.
   *
   * @throws Budget.ExhaustedException when program size times text length is more than is left
   */
  boolean find(String text, Budget budget) {
    budget.spend((long) pattern.programSize() * (text.length() + 1L));
    return pattern.matcher(text).find();
  }
}
