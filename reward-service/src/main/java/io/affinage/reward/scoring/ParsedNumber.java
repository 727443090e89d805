package io.affinage.reward.scoring;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A number as people and models write it: {@code 70,000}, {@code -3.5}, {@code 1e6}, {@code 3/4},
 * {@code 1 1/2}, {@code \frac{3}{4}}, {@code 12%}. Separators of thousands are a comma or a
 * no-break space between groups of three digits; the decimal separator is a point.
 *
 * @param value the number before a percent sign
 * @param percent whether a percent sign follows
 * @param text as it was written
 */
record ParsedNumber(double value, boolean percent, String text) {
  /** Possessive throughout, so matching is linear; digits are bounded as doubles are anyway. */
  private static final String UNSIGNED =
      "(?:\\d{1,3}+(?:[,\\u00a0\\u202f\\u2009]\\d{3}(?!\\d))++(?:\\.\\d++)?+"
          + "|\\d++(?:\\.\\d++)?+|(?<![\\w.])\\.\\d++)(?:[eE][+-]?+\\d{1,4}+(?![\\w.]))?+";

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
   */
  boolean equalsWithin(ParsedNumber other, double tolerance) {
    if (near(value, other.value, tolerance)) {
      return true;
    }
    if (percent == other.percent) {
      return false;
    }
    return percent
        ? near(value / 100, other.value, tolerance)
        : near(value, other.value / 100, tolerance);
  }

  private static boolean near(double a, double b, double tolerance) {
    // Equal infinities would mean only that both numbers are too large to tell apart.
    return Double.isFinite(a)
        && Double.isFinite(b)
        && Math.abs(a - b) <= tolerance + 4 * Math.ulp(Math.max(Math.abs(a), Math.abs(b)));
  }

  private static ParsedNumber parsed(Matcher matcher) {
    double value;
    if (group(matcher, "top") != null) {
      value = number(group(matcher, "top")) / number(group(matcher, "bottom"));
    } else if (group(matcher, "whole") != null) {
      double part = number(group(matcher, "part")) / number(group(matcher, "of"));
      value = number(group(matcher, "whole")) + part;
    } else if (group(matcher, "over") != null) {
      value = number(group(matcher, "over")) / number(group(matcher, "under"));
    } else {
      value = number(group(matcher, "plain"));
    }
    boolean negative = group(matcher, "sign") != null;
    String text = matcher.group();
    return new ParsedNumber(
        negative ? -value : value,
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

  private static double number(String digits) {
    return Double.parseDouble(
        digits.replaceAll("[,\\u00a0\\u202f\\u2009]", "").replace('\u2212', '-'));
  }
}
