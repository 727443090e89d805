package io.affinage.events.spec;

import java.util.Locale;

/**
 * The numbers that a setting may have.
 *
 * @param least inclusive
 * @param most inclusive
 */
public record Range(double least, double most) {
  /** An upper end that only keeps out what cannot be meant. */
  private static final double UNBOUNDED = 1e30;

  /** Numbers from this one on. */
  public static Range from(double least) {
    return new Range(least, UNBOUNDED);
  }

  /** Numbers between two ends, either of which may be infinite. */
  public static Range of(double least, double most) {
    return new Range(least, Double.isFinite(most) ? most : UNBOUNDED);
  }

  /** Whether the number is finite and within. */
  public boolean contains(double value) {
    return value >= least && value <= most;
  }

  /** For people: {@code from 0 to 0.99}. */
  @Override
  public String toString() {
    return "from " + plain(least) + (most == UNBOUNDED ? " on" : " to " + plain(most));
  }

  private static String plain(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e9
        ? Long.toString((long) value)
        : String.format(Locale.ROOT, "%s", value);
  }
}
