package io.affinage.llm.text.jinja;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Python's {@code "..." % values}. */
final class PercentFormat {
  private static final Pattern DIRECTIVE =
      Pattern.compile("%(?:\\((\\w+)\\))?([-+ 0#]*)(\\d*)(?:\\.(\\d+))?([a-zA-Z%])");

  private PercentFormat() {}

  static String format(String format, Object values) {
    List<Object> list = values instanceof Tuple t ? t.items() : Arrays.asList(values);
    Matcher matcher = DIRECTIVE.matcher(format);
    StringBuilder out = new StringBuilder();
    int next = 0;
    int end = 0;
    while (matcher.find()) {
      out.append(format, end, matcher.start());
      end = matcher.end();
      String kind = matcher.group(5);
      if (kind.equals("%")) {
        out.append('%');
        continue;
      }
      Object value;
      if (matcher.group(1) != null) {
        value = values instanceof Map<?, ?> map ? map.get(matcher.group(1)) : null;
      } else if (next < list.size()) {
        value = list.get(next++);
      } else {
        throw JinjaException.render("not enough arguments for format string");
      }
      String flags = matcher.group(2);
      String width = matcher.group(3);
      if (width.length() > 4) {
        throw JinjaException.render("format width " + width + " is too large");
      }
      String text =
          switch (kind) {
            case "s" -> Python.string(value);
            case "r" -> Python.repr(value);
            case "d", "i" -> Long.toString((long) Python.number(value));
            case "f" ->
                String.format(
                    Locale.ROOT,
                    "%." + (matcher.group(4) == null ? "6" : matcher.group(4)) + "f",
                    Python.number(value));
            case "x" -> Long.toHexString(Python.integer(value));
            default -> throw JinjaException.render("unsupported format '" + matcher.group() + "'");
          };
      if ((kind.equals("s") || kind.equals("r")) && matcher.group(4) != null) {
        text = text.substring(0, Math.min(text.length(), Integer.parseInt(matcher.group(4))));
      }
      if (flags.contains("+") && !text.startsWith("-") && "dif".contains(kind)) {
        text = "+" + text;
      }
      int missing = (width.isEmpty() ? 0 : Integer.parseInt(width)) - text.length();
      if (missing > 0) {
        if (flags.contains("-")) {
          text = text + " ".repeat(missing);
        } else if (flags.contains("0") && !kind.equals("s")) {
          int sign = text.startsWith("-") || text.startsWith("+") ? 1 : 0;
          text = text.substring(0, sign) + "0".repeat(missing) + text.substring(sign);
        } else {
          text = " ".repeat(missing) + text;
        }
      }
      out.append(text);
    }
    boolean one = !(values instanceof Tuple || values instanceof List || values instanceof Map);
    if (values instanceof Tuple && next < list.size() || one && next == 0) {
      throw JinjaException.render("not all arguments converted during string formatting");
    }
    return out.append(format.substring(end)).toString();
  }
}
