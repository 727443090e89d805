package io.affinage.reward.scoring;

import java.util.List;

/** What became of one candidate. */
public sealed interface Score {

  /** Longest explanation in characters, so that a batch of scores fits one record. */
  int MAX_DETAIL = 240;

  /** Why, for people. */
  String detail();

  /** Of the rewards that it is made of, in their order; empty for one reward. */
  List<Share> shares();

  /**
   * What one of several rewards gave.
   *
   * @param value its own score or fallback; null when it had none
   * @param share what it adds to the sum; null when it had none
   * @param code why it could not score; may be null
   */
  record Share(String name, Double value, Double share, String code) {}

  /** The reward. */
  record Value(double value, String detail, List<Share> shares) implements Score {
    public Value(double value, String detail) {
      this(value, detail, List.of());
    }

    public Value {
      if (!Double.isFinite(value)) {
        throw new IllegalArgumentException("a reward must be finite, not " + value);
      }
      detail = shortened(detail);
    }
  }

  /**
   * This candidate cannot be scored, and that says nothing about its quality.
   *
   * @param code stable and snake case
   */
  record Unscorable(String code, String detail, List<Share> shares) implements Score {
    public Unscorable(String code, String detail) {
      this(code, detail, List.of());
    }

    public Unscorable {
      detail = shortened(detail);
    }
  }

  /** 1 or 0. */
  static Score of(boolean right, String detail) {
    return new Value(right ? 1.0 : 0.0, detail);
  }

  /**
   * Details quote what models write: control characters and halves of surrogate pairs would make
   * the answer long or impossible to write.
   */
  private static String shortened(String text) {
    if (text == null) {
      return null;
    }
    StringBuilder shown = new StringBuilder(Math.min(text.length(), MAX_DETAIL));
    text.codePoints().limit(MAX_DETAIL + 1L).map(Score::printable).forEach(shown::appendCodePoint);
    if (shown.length() <= MAX_DETAIL) {
      return shown.toString();
    }
    int end = MAX_DETAIL - 1;
    if (Character.isHighSurrogate(shown.charAt(end - 1))) {
      end--;
    }
    return shown.substring(0, end) + "\u2026";
  }

  private static int printable(int character) {
    boolean lone = Character.MIN_SURROGATE <= character && character <= Character.MAX_SURROGATE;
    return lone ? '\ufffd' : Character.isISOControl(character) ? ' ' : character;
  }
}
