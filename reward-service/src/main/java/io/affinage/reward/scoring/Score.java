package io.affinage.reward.scoring;

/** What became of one candidate. */
public sealed interface Score {

  /** Longest explanation in characters, so that a batch of scores fits one record. */
  int MAX_DETAIL = 240;

  /** Why, for people. */
  String detail();

  /** The reward. */
  record Value(double value, String detail) implements Score {
    public Value {
      if (!Double.isFinite(value)) {
        throw new IllegalArgumentException("a reward must be finite, not " + value);
      }
      detail = shortened(detail);
    }
  }

  /** This candidate cannot be scored, and that says nothing about its quality. */
  record Unscorable(String detail) implements Score {
    public Unscorable {
      detail = shortened(detail);
    }
  }

  /** 1 or 0. */
  static Score of(boolean right, String detail) {
    return new Value(right ? 1.0 : 0.0, detail);
  }

  private static String shortened(String text) {
    if (text == null || text.length() <= MAX_DETAIL) {
      return text;
    }
    int end = MAX_DETAIL - 1;
    if (Character.isHighSurrogate(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(0, end) + "\u2026";
  }
}
