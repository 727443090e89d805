package io.affinage.llm.text.jinja;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Jinja's filters. */
final class Filters {
  private static final Pattern TITLE_WORD = Pattern.compile("[^-\\s({\\[<]+");

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
      case "default", "d" ->
          value instanceof Undefined
                  || Python.truth(a.get(1, "boolean", false)) && !Python.truth(value)
              ? a.get(0, "default_value", "")
              : value;
      case "items" ->
          value instanceof Undefined ? new ArrayList<>() : Methods.items(requireMapping(value));
      case "list" -> new ArrayList<>(Python.iterate(value));
      case "join" -> join(value, a, limits);
      case "indent" -> indent(Python.string(value), a, limits);
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
      case "map" -> map(value, a, limits);
      case "select" -> select(value, a, false, true);
      case "reject" -> select(value, a, false, false);
      case "selectattr" -> select(value, a, true, true);
      case "rejectattr" -> select(value, a, true, false);
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
      case "attr" -> Python.attribute(value, a.string(0, "name"));
      case "center" ->
          Methods.of(Python.string(value), "center")
              .call(new Arguments(List.of(a.get(0, "width", 80L)), Map.of()));
      case "wordcount" -> (long) Methods.split(Python.string(value), null, -1).size();
      case "escape", "e" -> escape(Python.string(value));
      case "format" -> PercentFormat.format(Python.string(value), new Tuple(a.positional()));
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
    return words.replaceAll(word -> Matcher.quoteReplacement(Methods.capitalize(word.group())));
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
    if (attribute instanceof Long) {
      return Python.item(value, attribute);
    }
    Object at = value;
    for (String part : Python.requireString(attribute).split("\\.")) {
      Object key =
          !part.isEmpty() && part.chars().allMatch(Character::isDigit)
              ? (Object) Long.parseLong(part)
              : part;
      at = Python.item(at, key);
    }
    return at;
  }

  private static List<Object> map(Object value, Arguments a, Limits limits) {
    List<Object> out = new ArrayList<>();
    if (a.positional().isEmpty() && a.named().containsKey("attribute")) {
      for (Object each : Python.iterate(value)) {
        Object found = path(each, a.named().get("attribute"));
        out.add(
            found instanceof Undefined && a.named().containsKey("default")
                ? a.named().get("default")
                : found);
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

  private static List<Object> sort(Object value, Arguments a) {
    boolean caseSensitive = Python.truth(a.get(1, "case_sensitive", false));
    Object attribute = a.get(2, "attribute", null);
    Comparator<Object> order =
        (x, y) ->
            Python.compare(
                sortKey(x, attribute, caseSensitive), sortKey(y, attribute, caseSensitive));
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
      if (seen.stream().noneMatch(other -> Python.equal(other, key))) {
        seen.add(key);
        out.add(each);
      }
    }
    return out;
  }

  private static List<Object> groupBy(Object value, Arguments a) {
    Object attribute = a.require(0, "attribute");
    boolean caseSensitive = Python.truth(a.get(2, "case_sensitive", false));
    List<Object> sorted = new ArrayList<>(Python.iterate(value));
    sorted.sort(
        (x, y) ->
            Python.compare(
                sortKey(x, attribute, caseSensitive), sortKey(y, attribute, caseSensitive)));
    Map<Object, List<Object>> groups = new LinkedHashMap<>();
    Map<Object, Object> names = new LinkedHashMap<>();
    for (Object each : sorted) {
      Object key = sortKey(each, attribute, caseSensitive);
      names.putIfAbsent(key, path(each, attribute));
      groups.computeIfAbsent(key, k -> new ArrayList<>()).add(each);
    }
    List<Object> out = new ArrayList<>();
    groups.forEach((k, v) -> out.add(new Tuple(List.of(names.get(k), v))));
    return out;
  }

  private static Object extreme(String name, Object value, Arguments a) {
    boolean caseSensitive = Python.truth(a.get(0, "case_sensitive", false));
    Object attribute = a.get(1, "attribute", null);
    Object best = new Undefined("No aggregated item, sequence was empty.");
    for (Object each : Python.iterate(value)) {
      int order =
          best instanceof Undefined
              ? 0
              : Python.compare(
                  sortKey(each, attribute, caseSensitive), sortKey(best, attribute, caseSensitive));
      if (best instanceof Undefined || (name.equals("min") ? order < 0 : order > 0)) {
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

  private static Object toInt(Object value, Arguments a) {
    if (value instanceof String s) {
      try {
        return Long.parseLong(
            s.strip().replace("_", ""), (int) Python.integer(a.get(1, "base", 10L)));
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
    if (value instanceof String s) {
      try {
        return Double.parseDouble(s.strip());
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
    // Python rounds the binary number that is there, not the decimal that was written.
    return new BigDecimal(Python.number(value)).setScale(precision, mode).doubleValue();
  }
}
