package io.affinage.llm.text.jinja;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The methods of Python's strings, dicts and lists that do not change them. */
final class Methods {
  private static final Pattern FIELD = Pattern.compile("\\{\\{|\\}\\}|\\{(\\w*)\\}");

  private Methods() {}

  /** The method of a value, or null when it has none of that name. */
  static Callable of(Object value, String name) {
    if (value instanceof String s) {
      return ofString(s, name);
    }
    if (value instanceof Map<?, ?> map) {
      return ofDict(map, name);
    }
    if (value instanceof List || value instanceof Tuple) {
      return ofSequence(value, name);
    }
    return null;
  }

  private static Callable ofDict(Map<?, ?> map, String name) {
    return switch (name) {
      case "items" -> a -> items(map);
      case "keys" -> a -> new ArrayList<Object>(map.keySet());
      case "values" -> a -> new ArrayList<Object>(map.values());
      case "copy" -> a -> new LinkedHashMap<Object, Object>(map);
      case "get" ->
          a -> {
            Object key = Python.key(a.require(0, "key"));
            return map.containsKey(key) ? map.get(key) : a.get(1, "default", null);
          };
      case "update", "pop", "popitem", "setdefault", "clear" ->
          map.containsKey(name) ? null : refused("dict", name);
      default -> null;
    };
  }

  static List<Object> items(Map<?, ?> map) {
    List<Object> items = new ArrayList<>(map.size());
    map.forEach((k, v) -> items.add(new Tuple(Arrays.asList(k, v))));
    return items;
  }

  private static Callable ofSequence(Object sequence, String name) {
    return switch (name) {
      case "index" ->
          a -> {
            List<Object> items = Python.iterate(sequence);
            for (int i = 0; i < items.size(); i++) {
              if (Python.equal(items.get(i), a.require(0, "value"))) {
                return (long) i;
              }
            }
            throw JinjaException.render(Python.repr(a.require(0, "value")) + " is not in list");
          };
      case "count" ->
          a ->
              Python.iterate(sequence).stream()
                  .filter(each -> Python.equal(each, a.require(0, "value")))
                  .count();
      case "copy" ->
          sequence instanceof Tuple ? null : a -> new ArrayList<>(Python.iterate(sequence));
      case "append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse" ->
          sequence instanceof Tuple ? null : refused("list", name);
      default -> null;
    };
  }

  private static Callable refused(String type, String name) {
    return a -> {
      throw JinjaException.render(
          "access to attribute '" + name + "' of '" + type + "' object is unsafe");
    };
  }

  private static Callable ofString(String s, String name) {
    return switch (name) {
      case "strip" -> a -> strip(s, a.get(0, "chars", null), true, true);
      case "lstrip" -> a -> strip(s, a.get(0, "chars", null), true, false);
      case "rstrip" -> a -> strip(s, a.get(0, "chars", null), false, true);
      case "upper" -> a -> s.toUpperCase(Locale.ROOT);
      case "lower" -> a -> s.toLowerCase(Locale.ROOT);
      case "casefold" ->
          a -> eachPoint(s, c -> c.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT));
      case "capitalize" -> a -> capitalize(s);
      case "title" -> a -> title(s);
      case "swapcase" -> a -> swapCase(s);
      case "startswith" ->
          a ->
              Within.of(s, a)
                  .test(within -> matchesAny(a.require(0, "prefix"), within::startsWith));
      case "endswith" ->
          a -> Within.of(s, a).test(within -> matchesAny(a.require(0, "suffix"), within::endsWith));
      case "removeprefix" ->
          a ->
              s.startsWith(a.string(0, "prefix")) ? s.substring(a.string(0, "prefix").length()) : s;
      case "removesuffix" ->
          a ->
              s.endsWith(a.string(0, "suffix"))
                  ? s.substring(0, s.length() - a.string(0, "suffix").length())
                  : s;
      case "replace" ->
          a ->
              replace(
                  s,
                  a.string(0, "old"),
                  a.string(1, "new"),
                  Python.integer(a.get(2, "count", -1L)));
      case "split" ->
          a -> split(s, a.get(0, "sep", null), Python.integer(a.get(1, "maxsplit", -1L)));
      case "rsplit" ->
          a -> rightSplit(s, a.get(0, "sep", null), Python.integer(a.get(1, "maxsplit", -1L)));
      case "splitlines" ->
          a -> new ArrayList<Object>(lines(s, Python.truth(a.get(0, "keepends", false))));
      case "partition" ->
          a -> {
            String separator = a.string(0, "sep");
            int at = s.indexOf(separator);
            return at < 0
                ? new Tuple(List.of(s, "", ""))
                : new Tuple(
                    List.of(s.substring(0, at), separator, s.substring(at + separator.length())));
          };
      case "rpartition" ->
          a -> {
            String separator = a.string(0, "sep");
            int at = s.lastIndexOf(separator);
            return at < 0
                ? new Tuple(List.of("", "", s))
                : new Tuple(
                    List.of(s.substring(0, at), separator, s.substring(at + separator.length())));
          };
      case "find" -> a -> Within.of(s, a).place(within -> within.indexOf(a.string(0, "sub")));
      case "rfind" -> a -> Within.of(s, a).place(within -> within.lastIndexOf(a.string(0, "sub")));
      case "index" ->
          a -> found(Within.of(s, a).place(within -> within.indexOf(a.string(0, "sub"))));
      case "rindex" ->
          a -> found(Within.of(s, a).place(within -> within.lastIndexOf(a.string(0, "sub"))));
      case "count" ->
          a -> {
            Within within = Within.of(s, a);
            String text = within.text();
            String part = a.string(0, "sub");
            if (!within.possible()) {
              return 0L;
            }
            return part.isEmpty()
                ? Python.length(text) + 1
                : (long) ((text.length() - text.replace(part, "").length()) / part.length());
          };
      case "join" ->
          a -> {
            List<String> parts = new ArrayList<>();
            Python.iterate(a.require(0, "iterable"))
                .forEach(p -> parts.add(Python.requireString(p)));
            return String.join(s, parts);
          };
      case "isdecimal" -> a -> all(s, Character::isDigit);
      case "isdigit" -> a -> all(s, Methods::isDigit);
      case "isnumeric" -> a -> all(s, Methods::isNumeric);
      case "isalpha" -> a -> all(s, Character::isLetter);
      case "isalnum" -> a -> all(s, c -> Character.isLetter(c) || isNumeric(c));
      case "isascii" -> a -> s.chars().allMatch(c -> c < 0x80);
      case "istitle" -> a -> s.equals(title(s)) && s.codePoints().anyMatch(Methods::isCased);
      case "isidentifier" ->
          a ->
              !s.isEmpty()
                  && (Character.isUnicodeIdentifierStart(s.codePointAt(0)) || s.startsWith("_"))
                  && s.codePoints().allMatch(c -> Character.isUnicodeIdentifierPart(c) || c == '_');
      case "expandtabs" -> a -> expandTabs(s, Python.integer(a.get(0, "tabsize", 8L)));
      case "isspace" -> a -> all(s, Character::isWhitespace);
      case "isupper" ->
          a -> !s.equals(s.toLowerCase(Locale.ROOT)) && s.equals(s.toUpperCase(Locale.ROOT));
      case "islower" ->
          a -> !s.equals(s.toUpperCase(Locale.ROOT)) && s.equals(s.toLowerCase(Locale.ROOT));
      case "zfill" ->
          a -> {
            int sign = s.startsWith("-") || s.startsWith("+") ? 1 : 0;
            return s.substring(0, sign) + "0".repeat(padding(s, a)) + s.substring(sign);
          };
      case "ljust" -> a -> s + fill(a).repeat(padding(s, a));
      case "rjust" -> a -> fill(a).repeat(padding(s, a)) + s;
      case "center" ->
          a -> {
            int missing = padding(s, a);
            int width = missing + (int) Python.length(s);
            int left = missing / 2 + (missing & width & 1); // CPython's rounding
            return fill(a).repeat(left) + s + fill(a).repeat(missing - left);
          };
      case "format" -> a -> format(s, a);
      default -> null;
    };
  }

  private static String fill(Arguments arguments) {
    return Python.requireString(arguments.get(1, "fillchar", " "));
  }

  private static int padding(String s, Arguments arguments) {
    long missing = Python.integer(arguments.require(0, "width")) - Python.length(s);
    new Limits().length(missing);
    return (int) Math.max(0, missing);
  }

  private static String format(String s, Arguments arguments) {
    Matcher matcher = FIELD.matcher(s);
    StringBuilder out = new StringBuilder();
    int end = 0;
    int next = 0;
    while (matcher.find()) {
      out.append(s, end, matcher.start());
      end = matcher.end();
      String field = matcher.group(1);
      if (field == null) {
        out.append(matcher.group().charAt(0));
      } else if (field.isEmpty() || field.chars().allMatch(Character::isDigit)) {
        int index = field.isEmpty() ? next++ : Integer.parseInt(field);
        out.append(Python.string(arguments.require(index, field)));
      } else {
        out.append(Python.string(arguments.require(Integer.MAX_VALUE, field)));
      }
    }
    return out.append(s.substring(end)).toString();
  }

  private static long found(long at) {
    if (at < 0) {
      throw JinjaException.render("substring not found");
    }
    return at;
  }

  /**
   * The part of a string that {@code start} and {@code end} leave.
   *
   * @param possible whether there is such a part, which may be empty
   * @param before characters in front of it
   */
  private record Within(String text, boolean possible, long before) {
    static Within of(String s, Arguments a) {
      long length = Python.length(s);
      Object start = a.get(1, "start", null);
      Object end = a.get(2, "end", null);
      long from = start == null ? 0 : Python.integer(start);
      long to = end == null ? length : Python.integer(end);
      from = from < 0 ? Math.max(0, from + length) : from;
      to = to < 0 ? Math.max(0, to + length) : Math.min(to, length);
      if (from > length || from > to) {
        return new Within("", false, 0);
      }
      int first = s.offsetByCodePoints(0, (int) from);
      return new Within(
          s.substring(first, s.offsetByCodePoints(first, (int) (to - from))), true, from);
    }

    boolean test(Predicate<String> test) {
      return possible && test.test(text);
    }

    /** A place in the whole string, in characters; -1 where nothing is found. */
    long place(ToIntFunction<String> finder) {
      int at = finder.applyAsInt(text);
      return !possible || at < 0 ? -1 : before + text.codePointCount(0, at);
    }
  }

  private static boolean isDigit(int c) {
    return Character.isDigit(c)
        || Character.getType(c) == Character.OTHER_NUMBER
            && Character.getNumericValue(c) >= 0
            && Character.getNumericValue(c) <= 9;
  }

  private static boolean isNumeric(int c) {
    int type = Character.getType(c);
    return type == Character.DECIMAL_DIGIT_NUMBER
        || type == Character.LETTER_NUMBER
        || type == Character.OTHER_NUMBER;
  }

  private static boolean isCased(int c) {
    return Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
  }

  private static String eachPoint(String s, UnaryOperator<String> change) {
    StringBuilder out = new StringBuilder(s.length());
    s.codePoints().forEach(c -> out.append(change.apply(Character.toString(c))));
    return out.toString();
  }

  private static String expandTabs(String s, long size) {
    StringBuilder out = new StringBuilder();
    Limits limits = new Limits();
    long column = 0;
    for (int c : s.codePoints().toArray()) {
      if (c == '\t') {
        long blanks = size <= 0 ? 0 : size - column % size;
        limits.length(out.length() + blanks);
        out.append(" ".repeat((int) blanks));
        column += blanks;
      } else {
        out.appendCodePoint(c);
        column = c == '\n' || c == '\r' ? 0 : column + 1;
      }
    }
    return out.toString();
  }

  private static boolean all(String s, IntPredicate test) {
    return !s.isEmpty() && s.codePoints().allMatch(test);
  }

  private static boolean matchesAny(Object affix, Predicate<String> test) {
    if (affix instanceof Tuple tuple) {
      return tuple.items().stream().anyMatch(each -> test.test(Python.requireString(each)));
    }
    return test.test(Python.requireString(affix));
  }

  static String strip(String s, Object characters, boolean left, boolean right) {
    String set = characters == null ? null : Python.requireString(characters);
    IntPredicate strips = c -> set == null ? isSpace(c) : set.indexOf(c) >= 0;
    int from = 0;
    int to = s.length();
    while (left && from < to && strips.test(s.codePointAt(from))) {
      from += Character.charCount(s.codePointAt(from));
    }
    while (right && to > from && strips.test(s.codePointBefore(to))) {
      to -= Character.charCount(s.codePointBefore(to));
    }
    return s.substring(from, to);
  }

  /** Python's str.isspace. */
  static boolean isSpace(int c) {
    return c <= ' ' && (c == ' ' || c >= 9 && c <= 13 || c >= 28 && c <= 31)
        || c == 0x85
        || c == 0xA0
        || c > 0xA0 && Character.isSpaceChar(c);
  }

  static String capitalize(String s) {
    if (s.isEmpty()) {
      return s;
    }
    int first = s.offsetByCodePoints(0, 1);
    return titleCase(s.substring(0, first)) + s.substring(first).toLowerCase(Locale.ROOT);
  }

  /** Of one character; several may come of it, as of a sharp s. */
  private static String titleCase(String point) {
    int c = point.codePointAt(0);
    String upper = point.toUpperCase(Locale.ROOT);
    if (upper.codePointCount(0, upper.length()) == 1) {
      return Character.toString(Character.toTitleCase(c));
    }
    int first = upper.offsetByCodePoints(0, 1);
    return upper.substring(0, first) + upper.substring(first).toLowerCase(Locale.ROOT);
  }

  private static String title(String s) {
    StringBuilder out = new StringBuilder(s.length());
    boolean[] inWord = {false};
    s.codePoints()
        .forEach(
            c -> {
              String point = Character.toString(c);
              out.append(inWord[0] ? point.toLowerCase(Locale.ROOT) : titleCase(point));
              inWord[0] = isCased(c);
            });
    return out.toString();
  }

  private static String swapCase(String s) {
    return eachPoint(
        s,
        point ->
            Character.isUpperCase(point.codePointAt(0))
                ? point.toLowerCase(Locale.ROOT)
                : point.toUpperCase(Locale.ROOT));
  }

  static String replace(String s, String old, String with, long count) {
    StringBuilder out = new StringBuilder();
    Limits limits = new Limits();
    long left = count < 0 ? Long.MAX_VALUE : count;
    int from = 0;
    while (left-- > 0) {
      int at = s.indexOf(old, from);
      if (at < 0) {
        break;
      }
      out.append(s, from, at).append(with);
      limits.length(out.length());
      from = at + old.length();
      if (old.isEmpty()) { // stands before each character and at the end
        if (from == s.length()) {
          break;
        }
        from = s.offsetByCodePoints(from, 1);
        out.append(s, at, from);
      }
    }
    return out.append(s.substring(from)).toString();
  }

  static List<Object> split(String s, Object separator, long most) {
    List<Object> parts = new ArrayList<>();
    int from = 0;
    if (separator == null) {
      while (true) {
        while (from < s.length() && isSpace(s.charAt(from))) {
          from++;
        }
        if (from == s.length()) {
          return parts;
        }
        if (parts.size() == most) {
          parts.add(s.substring(from));
          return parts;
        }
        int to = from;
        while (to < s.length() && !isSpace(s.charAt(to))) {
          to++;
        }
        parts.add(s.substring(from, to));
        from = to;
      }
    }
    String by = Python.requireString(separator);
    if (by.isEmpty()) {
      throw JinjaException.render("empty separator");
    }
    for (int at = s.indexOf(by); at >= 0 && parts.size() != most; at = s.indexOf(by, from)) {
      parts.add(s.substring(from, at));
      from = at + by.length();
    }
    parts.add(s.substring(from));
    return parts;
  }

  private static List<Object> rightSplit(String s, Object separator, long most) {
    if (separator == null || most < 0) {
      List<Object> all = split(s, separator, -1);
      if (most < 0) {
        return all;
      }
      return rightSplitAtBlanks(s, most);
    }
    String by = Python.requireString(separator);
    if (by.isEmpty()) {
      throw JinjaException.render("empty separator");
    }
    List<Object> parts = new ArrayList<>();
    int to = s.length();
    for (int at = s.lastIndexOf(by); at >= 0 && parts.size() != most; ) {
      parts.add(0, s.substring(at + by.length(), to));
      to = at;
      at = at - by.length() < 0 ? -1 : s.lastIndexOf(by, at - by.length());
    }
    parts.add(0, s.substring(0, to));
    return parts;
  }

  private static List<Object> rightSplitAtBlanks(String s, long most) {
    List<Object> parts = new ArrayList<>();
    int to = s.length();
    while (true) {
      while (to > 0 && isSpace(s.charAt(to - 1))) {
        to--;
      }
      if (to == 0) {
        return parts;
      }
      if (parts.size() == most) {
        parts.add(0, s.substring(0, to));
        return parts;
      }
      int from = to;
      while (from > 0 && !isSpace(s.charAt(from - 1))) {
        from--;
      }
      parts.add(0, s.substring(from, to));
      to = from;
    }
  }

  static List<String> lines(String s, boolean keepEnds) {
    List<String> lines = new ArrayList<>();
    int from = 0;
    while (from < s.length()) {
      int to = from;
      while (to < s.length()
          && "\n\r\u000B\f\u001C\u001D\u001E\u0085\u2028\u2029".indexOf(s.charAt(to)) < 0) {
        to++;
      }
      int next = to == s.length() ? to : s.startsWith("\r\n", to) ? to + 2 : to + 1;
      lines.add(s.substring(from, keepEnds ? next : to));
      from = next;
    }
    return lines;
  }
}
