package io.affinage.reward.scoring;

import java.math.BigDecimal;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A number as people and models write it: {@code 70,000}, {@code -3.5}, {@code 1e6}, {@code 3/4},
 * {@code 1 1/2}, {@code \frac{3}{4}}, {@code 12%}. Separators of thousands are a comma or a
 * no-break space between groups of three digits; the decimal separator is a point.
 *
 * @param value the number before a percent sign as a double; NaN where none can hold it
 * @param exact the same without rounding; null for fractions and for more digits than anyone means
 * @param percent whether a percent sign follows
 * @param text as it was written
 */
record ParsedNumber(double value, BigDecimal exact, boolean percent, String text) {
  /** Most characters of a number that is kept exactly: parsing takes time quadratic in them. */
  private static final int MAX_EXACT = 1_000;

  /** Most places before or behind the point that are written out. */
  private static final int MAX_PLACES = 2_000;

  /** Possessive throughout, so matching is linear; digits are bounded as doubles are anyway. */
  private static final String UNSIGNED =
      "(?:\\d{1,3}+(?:[,\\u00a0\\u202f\\u2009]\\d{3}(?!\\d))++(?:\\.\\d++)?+"
          + "|\\d++(?:\\.\\d++)?+|(?<![\\w.])\\.\\d++)(?:[eE][+-]?+\\d++(?![\\w.]))?+";

  private static final Pattern NUMBER =
      Pattern.compile(
          "(?<sign>(?<![\\w)\\]}.])[-\\u2212]\\s?+)?+[$\\u20ac\\u00a3]?+"
              + "(?:\\\\[dt]?+frac\\{(?<top>[-\\u2212]?+"
              + UNSIGNED
              + ")\\}\\{(?<bottom>"
              + UNSIGNED
              + ")\\}"
              + "|(?<whole>\\d{1,6}+)[ \\u00a0](?<part>\\d{1,6}+)/(?<of>\\d{1,6}+)(?![\\w/])"
              + "|(?<![\\d/])(?<over>"
              + UNSIGNED
              + ")\\s?+/\\s?+(?<under>\\d++(?:\\.\\d++)?+)(?![\\w/])"
              + "|(?<plain>"
              + UNSIGNED
              + "))(?<percent>\\s?+\\\\?+%)?+");

  /** A digit other than 0 before the exponent. */
  private static final Pattern NOT_ZERO = Pattern.compile("\\A-?+[0.]*+[1-9]");

  /** The last number in the text, or empty where it has none. */
  static Optional<ParsedNumber> lastIn(String text) {
    Matcher matcher = NUMBER.matcher(text.replace("{,}", ","));
    ParsedNumber last = null;
    while (matcher.find()) {
      last = parsed(matcher);
    }
    return Optional.ofNullable(last);
  }

  /**
   * Whether both are the same number. A percent sign on one side only leaves open whether the other
   * meant a share or a percentage, so 50% equals both 50 and 0.5.
   *
   * <p>Integers are compared to the last digit, other numbers as doubles. What a double cannot hold
   * (1e999, 1e-999) equals nothing but the very same number.
   */
  boolean equalsWithin(ParsedNumber other, double tolerance) {
    if (percent == other.percent) {
      return sameUnit(other, tolerance);
    }
    if (sameUnit(other, tolerance)) {
      return true;
    }
    if (!held() || !other.held()) {
      return false;
    }
    return percent
        ? near(value / 100, other.value, tolerance)
        : near(value, other.value / 100, tolerance);
  }

  private boolean sameUnit(ParsedNumber other, double tolerance) {
    // Comparing is safe whatever the exponents; subtracting would write all the zeros out.
    if (exact != null && other.exact != null && exact.compareTo(other.exact) == 0) {
      return true;
    }
    if (!held() || !other.held()) {
      return false;
    }
    if (isInteger() && other.isInteger()) {
      return exact.subtract(other.exact).abs().compareTo(BigDecimal.valueOf(tolerance)) <= 0;
    }
    return near(value, other.value, tolerance);
  }

  private boolean held() {
    return Double.isFinite(value);
  }

  private boolean isInteger() {
    return exact != null
        && Math.abs((long) exact.scale()) <= MAX_PLACES
        && exact.stripTrailingZeros().scale() <= 0;
  }

  private static boolean near(double a, double b, double tolerance) {
    return Double.isFinite(a)
        && Double.isFinite(b)
        && Math.abs(a - b) <= tolerance + 4 * Math.ulp(Math.max(Math.abs(a), Math.abs(b)));
  }

  private static ParsedNumber parsed(Matcher matcher) {
    double value;
    BigDecimal exact = null;
    if (group(matcher, "top") != null) {
      value = number(group(matcher, "top")) / number(group(matcher, "bottom"));
    } else if (group(matcher, "whole") != null) {
      double part = number(group(matcher, "part")) / number(group(matcher, "of"));
      value = number(group(matcher, "whole")) + part;
    } else if (group(matcher, "over") != null) {
      value = number(group(matcher, "over")) / number(group(matcher, "under"));
    } else {
      value = number(group(matcher, "plain"));
      exact = exact(group(matcher, "plain"));
    }
    boolean negative = group(matcher, "sign") != null;
    String text = matcher.group();
    return new ParsedNumber(
        negative ? -value : value,
        negative && exact != null ? exact.negate() : exact,
        group(matcher, "percent") != null,
        text.length() <= 60 ? text : text.substring(0, 60) + "\u2026");
  }

  /**
   * A named group of this very match. The JDK keeps what a possessive group captured at an earlier
   * start of the search that then failed.
   */
  private static String group(Matcher matcher, String name) {
    return matcher.start(name) >= matcher.start() ? matcher.group(name) : null;
  }

  /** Not a number where a double would be the end of its range instead of what is written. */
  static double number(String digits) {
    String plain = plain(digits);
    double value = Double.parseDouble(plain);
    boolean clipped = Double.isInfinite(value) || value == 0 && NOT_ZERO.matcher(plain).find();
    return clipped ? Double.NaN : value;
  }

  private static BigDecimal exact(String digits) {
    if (digits.length() > MAX_EXACT) {
      return null;
    }
    try {
      return new BigDecimal(plain(digits));
    } catch (NumberFormatException e) {
      // An exponent beyond that of BigDecimal, which is beyond that of doubles too.
      return null;
    }
  }

  private static String plain(String digits) {
    return digits.replaceAll("[,\\u00a0\\u202f\\u2009]", "").replace('\u2212', '-');
  }
}
