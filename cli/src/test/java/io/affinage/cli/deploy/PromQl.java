package io.affinage.cli.deploy;

import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The metric names in a PromQL expression. What cannot hold one is taken out first (strings, label
 * matchers, ranges, grouping lists); of the names that are left, those before a parenthesis are
 * functions, and the rest are keywords or metrics. Not a parser: it believes that the expression is
 * valid.
 */
final class PromQl {
  private static final Pattern STRINGS =
      Pattern.compile("\"(?:\\\\.|[^\"\\\\])*\"|'(?:\\\\.|[^'\\\\])*'|`[^`]*`");
  private static final Pattern MATCHERS = Pattern.compile("\\{[^}]*}");
  private static final Pattern RANGES = Pattern.compile("\\[[^]]*]");
  private static final Pattern GROUPINGS =
      Pattern.compile(
          "\\b(by|without|on|ignoring|group_left|group_right)\\s*\\([^)]*\\)",
          Pattern.CASE_INSENSITIVE);
  private static final Pattern OFFSETS =
      Pattern.compile("\\boffset\\s+-?\\s*[0-9a-z]+", Pattern.CASE_INSENSITIVE);
  private static final Pattern NAMES =
      Pattern.compile("(?<![\\w:.])([a-zA-Z_:][\\w:]*)(?!\\s*\\(|[\\w:])");
  private static final Set<String> KEYWORDS =
      Set.of(
          "and",
          "or",
          "unless",
          "bool",
          "atan2",
          "nan",
          "inf",
          "start",
          "end",
          "group_left",
          "group_right");

  private PromQl() {}

  static Set<String> metrics(String expression) {
    String rest = STRINGS.matcher(expression).replaceAll("\"\"");
    rest = MATCHERS.matcher(rest).replaceAll(" ");
    rest = RANGES.matcher(rest).replaceAll(" ");
    rest = GROUPINGS.matcher(rest).replaceAll(" ");
    rest = OFFSETS.matcher(rest).replaceAll(" ");
    Set<String> metrics = new TreeSet<>();
    Matcher name = NAMES.matcher(rest);
    while (name.find()) {
      if (!KEYWORDS.contains(name.group(1).toLowerCase(Locale.ROOT))) {
        metrics.add(name.group(1));
      }
    }
    return metrics;
  }
}
