package io.affinage.llm.text.jinja;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Jinja's filters. */
final class Filters {
  private static final Pattern TITLE_WORD = Pattern.compile("[^-\\s({\\[<]+");
  private static final Map<String, Double> NAMED_NUMBERS =
      Map.of(
          "nan", Double.NaN,
          "inf", Double.POSITIVE_INFINITY,
          "infinity", Double.POSITIVE_INFINITY,
          "-inf", Double.NEGATIVE_INFINITY,
          "-infinity", Double.NEGATIVE_INFINITY);
  private static final Pattern WORD = Pattern.compile("\\w+", Pattern.UNICODE_CHARACTER_CLASS);

  private Filters() {}

  static Object apply(String name, Object value, Arguments a, Limits limits) {
    limits.step();
    return switch (name) {
      case "tojson" -> PythonJson.filter(value, a);
      case "length", "count" -> Python.length(value);
      case "trim" -> Methods.strip(Python.string(value), a.get(0, "chars", null), true, true);
      case "string" -> Python.string(value);
      case "safe" -> value;
      case "lower" -> Python.string(value).toLowerCase(Locale.ROOT);
      case "upper" -> Python.string(value).toUpperCase(Locale.ROOT);
      case "capitalize" -> Methods.capitalize(Python.string(value));
      case "title" -> title(Python.string(value));
      case "truncate" -> truncate(value, a);
      case "slice" -> slice(value, a);
      case "default", "d" ->
          value instanceof Undefined
                  || Python.truth(a.get(1, "boolean", false)) && !Python.truth(value)
              ? a.get(0, "default_value", "")
              : value;
      case "items" ->
          value instanceof Undefined ? new ArrayList<>() : Methods.items(requireMapping(value));
      case "list" -> new ArrayList<>(Python.iterate(value));
      case "join" -> join(value, a, limits);
      case "indent" -> indent(Python.requireString(value), a, limits);
      case "replace" ->
          Methods.replace(
              Python.string(value),
              Python.string(a.require(0, "old")),
              Python.string(a.require(1, "new")),
              Python.integer(a.get(2, "count", -1L)));
      case "first" -> {
        List<Object> items = Python.iterate(value);
        yield items.isEmpty() ? new Undefined("No first item, sequence was empty.") : items.get(0);
      }
      case "last" -> {
        List<Object> items = Python.iterate(value);
        yield items.isEmpty()
            ? new Undefined("No last item, sequence was empty.")
            : items.get(items.size() - 1);
      }
      case "reverse" -> {
        if (value instanceof String s) {
          yield new StringBuilder(s).reverse().toString();
        }
        List<Object> items = new ArrayList<>(Python.iterate(value));
        Collections.reverse(items);
        yield items;
      }
      // These look at what is false before they iterate: none, 0 and false are empty to them.
      case "map" -> Python.truth(value) ? map(value, a, limits) : new ArrayList<>();
      case "select" -> Python.truth(value) ? select(value, a, false, true) : new ArrayList<>();
      case "reject" -> Python.truth(value) ? select(value, a, false, false) : new ArrayList<>();
      case "selectattr" -> Python.truth(value) ? select(value, a, true, true) : new ArrayList<>();
      case "rejectattr" -> Python.truth(value) ? select(value, a, true, false) : new ArrayList<>();
      case "sort" -> sort(value, a);
      case "dictsort" -> dictSort(requireMapping(value), a);
      case "unique" -> unique(value, a);
      case "groupby" -> groupBy(value, a);
      case "min", "max" -> extreme(name, value, a);
      case "sum" -> sum(value, a, limits);
      case "batch" -> batch(value, a);
      case "abs" ->
          value instanceof Double d
              ? (Object) Math.abs(d)
              : (Object) Math.abs(Python.integer(value));
      case "int" -> toInt(value, a);
      case "float" -> toFloat(value, a);
      case "round" -> round(value, a);
      case "attr" -> Python.memberOf(value, a.string(0, "name"));
      case "center" ->
          Methods.of(Python.string(value), "center")
              .call(new Arguments(List.of(a.get(0, "width", 80L)), Map.of()));
      case "wordcount" -> WORD.matcher(Python.string(value)).results().count();
      case "escape", "e" -> escape(Python.string(value));
      case "format" ->
          PercentFormat.format(
              Python.string(value), a.named().isEmpty() ? new Tuple(a.positional()) : a.named());
      default -> throw JinjaException.render("no filter named '" + name + "'");
    };
  }

  private static String escape(String s) {
    return s.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("'", "&#39;")
        .replace("\"", "&#34;");
  }

  private static String title(String s) {
    Matcher words = TITLE_WORD.matcher(s);
    return words.replaceAll(
        word -> {
          String text = word.group();
          int first = text.offsetByCodePoints(0, 1);
          return Matcher.quoteReplacement(
              text.substring(0, first).toUpperCase(Locale.ROOT)
                  + text.substring(first).toLowerCase(Locale.ROOT));
        });
  }

  private static Object truncate(Object value, Arguments a) {
    long length = Python.integer(a.get(0, "length", 255L));
    boolean killsWords = Python.truth(a.get(1, "killwords", false));
    String end = Python.requireString(a.get(2, "end", "..."));
    Object leeway = a.get(3, "leeway", null);
    long endLength = Python.length(end);
    if (length < endLength) {
      throw JinjaException.render("expected length >= %d, got %d".formatted(endLength, length));
    }
    if (Python.length(value) <= length + (leeway == null ? 5 : Python.integer(leeway))) {
      return value;
    }
    String text = Python.requireString(value);
    String kept = text.substring(0, text.offsetByCodePoints(0, (int) (length - endLength)));
    int space = killsWords ? -1 : kept.lastIndexOf(' ');
    return (space < 0 ? kept : kept.substring(0, space)) + end;
  }

  private static List<Object> slice(Object value, Arguments a) {
    long slices = Python.integer(a.require(0, "slices"));
    Object fill = a.get(1, "fill_with", null);
    if (slices < 1 || slices > Limits.RANGE) {
      throw JinjaException.render("slice into " + slices);
    }
    List<Object> items = Python.iterate(value);
    int each = (int) (items.size() / slices);
    int longer = (int) (items.size() % slices);
    List<Object> out = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < slices; i++) {
      int to = from + each + (i < longer ? 1 : 0);
      List<Object> part = new ArrayList<>(items.subList(from, to));
      if (fill != null && i >= longer) {
        part.add(fill);
      }
      out.add(part);
      from = to;
    }
    return out;
  }

  private static Map<?, ?> requireMapping(Object value) {
    if (value instanceof Map<?, ?> map) {
      return map;
    }
    throw JinjaException.render("a mapping is needed, not " + Python.typeName(value));
  }

  private static String join(Object value, Arguments a, Limits limits) {
    String separator = Python.string(a.get(0, "d", ""));
    Object attribute = a.get(1, "attribute", null);
    StringBuilder out = new StringBuilder();
    boolean first = true;
    for (Object each : Python.iterate(value)) {
      out.append(first ? "" : separator)
          .append(Python.string(attribute == null ? each : path(each, attribute)));
      limits.length(out.length());
      first = false;
    }
    return out.toString();
  }

  private static String indent(String text, Arguments a, Limits limits) {
    Object width = a.get(0, "width", 4L);
    boolean first = Python.truth(a.get(1, "first", false));
    boolean blank = Python.truth(a.get(2, "blank", false));
    String margin = width instanceof String s ? s : (String) Python.multiply(" ", width, limits);
    List<String> lines = Methods.lines(text + "\n", false);
    StringBuilder out = new StringBuilder(first ? margin : "");
    for (int i = 0; i < lines.size(); i++) {
      if (i > 0) {
        out.append('\n');
        if (blank || !lines.get(i).isEmpty()) {
          out.append(margin);
        }
      }
      out.append(lines.get(i));
      limits.length(out.length());
    }
    return out.toString();
  }

  /** {@code "a.b.0"} of a value. */
  private static Object path(Object value, Object attribute) {
    return path(value, attribute, null);
  }

  /**
   * @param otherwise in place of what is undefined on the way; null for nothing
   */
  private static Object path(Object value, Object attribute, Object otherwise) {
    if (attribute instanceof Long) {
      return orElse(Python.item(value, attribute), otherwise);
    }
    Object at = value;
    for (String part : Python.requireString(attribute).split("\\.", -1)) {
      Object key =
          !part.isEmpty() && part.chars().allMatch(Character::isDigit)
              ? (Object) Long.parseLong(part)
              : part;
      at = orElse(Python.item(at, key), otherwise);
    }
    return at;
  }

  private static Object orElse(Object found, Object otherwise) {
    return found instanceof Undefined && otherwise != null ? otherwise : found;
  }

  private static List<Object> map(Object value, Arguments a, Limits limits) {
    List<Object> out = new ArrayList<>();
    if (a.positional().isEmpty() && a.named().containsKey("attribute")) {
      for (Object each : Python.iterate(value)) {
        out.add(path(each, a.named().get("attribute"), a.named().get("default")));
      }
    } else {
      String filter = a.string(0, "filter");
      for (Object each : Python.iterate(value)) {
        out.add(apply(filter, each, a.after(1), limits));
      }
    }
    return out;
  }

  private static List<Object> select(Object value, Arguments a, boolean byAttribute, boolean keep) {
    Arguments rest = byAttribute ? a.after(1) : a;
    List<Object> out = new ArrayList<>();
    for (Object each : Python.iterate(value)) {
      Object subject = byAttribute ? path(each, a.require(0, "attribute")) : each;
      boolean holds =
          rest.positional().isEmpty()
              ? Python.truth(subject)
              : Tests.test(rest.string(0, "test"), subject, rest.after(1));
      if (holds == keep) {
        out.add(each);
      }
    }
    return out;
  }

  private static Object sortKey(Object value, Object attribute, boolean caseSensitive) {
    Object key = attribute == null ? value : path(value, attribute);
    return !caseSensitive && key instanceof String s ? s.toLowerCase(Locale.ROOT) : key;
  }

  private static List<Object> sortKeys(Object value, Object attribute, boolean caseSensitive) {
    if (!(attribute instanceof String names)) {
      return Collections.singletonList(sortKey(value, attribute, caseSensitive));
    }
    List<Object> keys = new ArrayList<>();
    for (String name : names.split(",", -1)) {
      keys.add(sortKey(value, name, caseSensitive));
    }
    return keys;
  }

  private static List<Object> sort(Object value, Arguments a) {
    boolean caseSensitive = Python.truth(a.get(1, "case_sensitive", false));
    Object attribute = a.get(2, "attribute", null);
    // A list of keys, as "a,b" names several: what is equal is never compared, so undefined sorts.
    Comparator<Object> order =
        (x, y) ->
            Python.compare(
                sortKeys(x, attribute, caseSensitive), sortKeys(y, attribute, caseSensitive));
    List<Object> items = new ArrayList<>(Python.iterate(value));
    items.sort(Python.truth(a.get(0, "reverse", false)) ? order.reversed() : order);
    return items;
  }

  private static List<Object> dictSort(Map<?, ?> map, Arguments a) {
    boolean caseSensitive = Python.truth(a.get(0, "case_sensitive", false));
    long position = "value".equals(a.get(1, "by", "key")) ? 1 : 0;
    Comparator<Object> order =
        (x, y) ->
            Python.compare(
                sortKey(Python.item(x, position), null, caseSensitive),
                sortKey(Python.item(y, position), null, caseSensitive));
    List<Object> items = Methods.items(map);
    items.sort(Python.truth(a.get(2, "reverse", false)) ? order.reversed() : order);
    return items;
  }

  private static List<Object> unique(Object value, Arguments a) {
    boolean caseSensitive = Python.truth(a.get(0, "case_sensitive", false));
    Object attribute = a.get(1, "attribute", null);
    List<Object> seen = new ArrayList<>();
    List<Object> out = new ArrayList<>();
    for (Object each : Python.iterate(value)) {
      Object key = sortKey(each, attribute, caseSensitive);
      if (key instanceof List || key instanceof Map) {
        throw JinjaException.render("unhashable type: '" + Python.typeName(key) + "'");
      }
      if (seen.stream().noneMatch(other -> Python.equal(other, key))) {
        seen.add(key);
        out.add(each);
      }
    }
    return out;
  }

  private static List<Object> groupBy(Object value, Arguments a) {
    Object attribute = a.require(0, "attribute");
    Object otherwise = a.get(1, "default", null);
    boolean caseSensitive = Python.truth(a.get(2, "case_sensitive", false));
    record Keyed(Object key, Object item) {}
    List<Keyed> sorted = new ArrayList<>();
    for (Object each : Python.iterate(value)) {
      Object key = sortKey(path(each, attribute, otherwise), null, caseSensitive);
      sorted.add(new Keyed(key, each));
    }
    sorted.sort((x, y) -> Python.compare(x.key(), y.key()));
    List<Object> out = new ArrayList<>();
    Object last = null;
    List<Object> group = null;
    for (Keyed each : sorted) {
      if (group == null || !Python.equal(last, each.key())) {
        group = new ArrayList<>();
        out.add(new Tuple(Arrays.asList(path(each.item(), attribute, otherwise), (Object) group)));
      }
      last = each.key();
      group.add(each.item());
    }
    return out;
  }

  private static Object extreme(String name, Object value, Arguments a) {
    boolean caseSensitive = Python.truth(a.get(0, "case_sensitive", false));
    Object attribute = a.get(1, "attribute", null);
    List<Object> items = Python.iterate(value);
    if (items.isEmpty()) {
      return new Undefined("No aggregated item, sequence was empty.");
    }
    Object best = items.get(0);
    for (Object each : items.subList(1, items.size())) {
      int order =
          Python.compare(
              sortKey(each, attribute, caseSensitive), sortKey(best, attribute, caseSensitive));
      if (name.equals("min") ? order < 0 : order > 0) {
        best = each;
      }
    }
    return best;
  }

  private static Object sum(Object value, Arguments a, Limits limits) {
    Object attribute = a.get(0, "attribute", null);
    Object total = a.get(1, "start", 0L);
    for (Object each : Python.iterate(value)) {
      total = Python.add(total, attribute == null ? each : path(each, attribute), limits);
    }
    return total;
  }

  private static List<Object> batch(Object value, Arguments a) {
    long size = Python.integer(a.require(0, "linecount"));
    Object fill = a.get(1, "fill_with", null);
    if (size < 1 || size > Limits.RANGE) {
      throw JinjaException.render("batch of " + size);
    }
    List<Object> out = new ArrayList<>();
    List<Object> row = new ArrayList<>();
    for (Object each : Python.iterate(value)) {
      if (row.size() == size) {
        out.add(row);
        row = new ArrayList<>();
      }
      row.add(each);
    }
    while (fill != null && !row.isEmpty() && row.size() < size) {
      row.add(fill);
    }
    if (!row.isEmpty()) {
      out.add(row);
    }
    return out;
  }

  private static String digits(String text, long base) {
    String s = text.strip();
    String prefix = base == 16 ? "0x" : base == 8 ? "0o" : base == 2 ? "0b" : "";
    boolean prefixed = !prefix.isEmpty() && s.toLowerCase(Locale.ROOT).startsWith(prefix);
    return (prefixed ? s.substring(2) : s).replace("_", "");
  }

  private static Object toInt(Object value, Arguments a) {
    if (value instanceof Undefined u) {
      throw u.used();
    }
    if (value instanceof String s) {
      try {
        long base = Python.integer(a.get(1, "base", 10L));
        return Long.parseLong(digits(s, base), (int) base);
      } catch (NumberFormatException e) {
        try {
          return (long) Double.parseDouble(s.strip());
        } catch (NumberFormatException notEither) {
          return a.get(0, "default", 0L);
        }
      }
    }
    return Python.isNumber(value) ? (Object) (long) Python.number(value) : a.get(0, "default", 0L);
  }

  private static Object toFloat(Object value, Arguments a) {
    if (value instanceof Undefined u) {
      throw u.used();
    }
    if (value instanceof String s) {
      String text = s.strip();
      Double named = NAMED_NUMBERS.get(text.toLowerCase(Locale.ROOT));
      if (named != null) {
        return named;
      }
      try {
        return Double.parseDouble(text.replaceAll("(?<=\\d)_(?=\\d)", ""));
      } catch (NumberFormatException e) {
        return a.get(0, "default", 0.0);
      }
    }
    return Python.isNumber(value) ? (Object) Python.number(value) : a.get(0, "default", 0.0);
  }

  private static Object round(Object value, Arguments a) {
    int precision = (int) Python.integer(a.get(0, "precision", 0L));
    RoundingMode mode =
        switch (Python.string(a.get(1, "method", "common"))) {
          case "common" -> RoundingMode.HALF_EVEN;
          case "ceil" -> RoundingMode.CEILING;
          case "floor" -> RoundingMode.FLOOR;
          default -> throw JinjaException.render("method must be common, ceil or floor");
        };
    if (Math.abs(precision) > 300) {
      throw JinjaException.render("round precision " + precision + " is too large");
    }
    if (mode == RoundingMode.HALF_EVEN && (value instanceof Long || value instanceof Boolean)) {
      return new BigDecimal(Python.integer(value))
          .setScale(Math.min(0, precision), mode)
          .longValue();
    }
    // Python rounds the binary number that is there, not the decimal that was written.
    return new BigDecimal(Python.number(value)).setScale(precision, mode).doubleValue();
  }
}
