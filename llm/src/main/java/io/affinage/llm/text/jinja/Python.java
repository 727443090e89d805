package io.affinage.llm.text.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongSupplier;

/**
 * Python's values and operators. None is null; bool, int, float, str, list, tuple and dict are
 * Boolean, Long, Double, String, List, {@link Tuple} and Map.
 */
final class Python {
  private Python() {}

  /** Brings what Java code hands in to the types above. */
  static Object fromJava(Object value) {
    if (value == null
        || value instanceof Boolean
        || value instanceof String
        || value instanceof Long
        || value instanceof Double) {
      return value;
    }
    if (value instanceof Integer || value instanceof Short || value instanceof Byte) {
      return ((Number) value).longValue();
    }
    if (value instanceof BigInteger big) {
      return big.longValueExact();
    }
    if (value instanceof Float || value instanceof BigDecimal) {
      return ((Number) value).doubleValue();
    }
    if (value instanceof Map<?, ?> map) {
      Map<Object, Object> copy = new LinkedHashMap<>();
      map.forEach((k, v) -> copy.put(fromJava(k), fromJava(v)));
      return copy;
    }
    if (value instanceof Collection<?> collection) {
      List<Object> copy = new ArrayList<>(collection.size());
      collection.forEach(each -> copy.add(fromJava(each)));
      return copy;
    }
    throw new IllegalArgumentException(
        "a template takes maps, lists, strings, numbers and booleans, not " + value.getClass());
  }

  static String typeName(Object value) {
    if (value == null) {
      return "NoneType";
    }
    return value instanceof Boolean
        ? "bool"
        : value instanceof Long
            ? "int"
            : value instanceof Double
                ? "float"
                : value instanceof String
                    ? "str"
                    : value instanceof List
                        ? "list"
                        : value instanceof Tuple
                            ? "tuple"
                            : value instanceof Map
                                ? "dict"
                                : value instanceof Callable
                                    ? "function"
                                    : value.getClass().getSimpleName();
  }

  static boolean truth(Object value) {
    if (value == null || value instanceof Undefined) {
      return false;
    }
    if (value instanceof Boolean b) {
      return b;
    }
    if (value instanceof Number n) {
      return n.doubleValue() != 0;
    }
    if (value instanceof String s) {
      return !s.isEmpty();
    }
    if (value instanceof List<?> l) {
      return !l.isEmpty();
    }
    if (value instanceof Map<?, ?> m) {
      return !m.isEmpty();
    }
    return !(value instanceof Tuple t) || !t.items().isEmpty();
  }

  /** {@code str(value)}. */
  static String string(Object value) {
    return value instanceof String s ? s : value instanceof Undefined ? "" : repr(value);
  }

  static String repr(Object value) {
    if (value == null) {
      return "None";
    }
    if (value instanceof Boolean b) {
      return b ? "True" : "False";
    }
    if (value instanceof Double d) {
      return repr(d.doubleValue());
    }
    if (value instanceof String s) {
      return quoted(s);
    }
    StringBuilder out = new StringBuilder();
    if (value instanceof List<?> list) {
      return join(out.append('['), list).append(']').toString();
    }
    if (value instanceof Tuple tuple) {
      join(out.append('('), tuple.items());
      return out.append(tuple.items().size() == 1 ? ",)" : ")").toString();
    }
    if (value instanceof Map<?, ?> map) {
      out.append('{');
      map.forEach(
          (k, v) ->
              out.append(out.length() > 1 ? ", " : "")
                  .append(repr(k))
                  .append(": ")
                  .append(repr(v)));
      return out.append('}').toString();
    }
    return value instanceof Undefined
        ? "Undefined"
        : value instanceof Long ? value.toString() : "<" + typeName(value) + ">";
  }

  private static StringBuilder join(StringBuilder out, List<?> items) {
    for (int i = 0; i < items.size(); i++) {
      out.append(i > 0 ? ", " : "").append(repr(items.get(i)));
    }
    return out;
  }

  private static String quoted(String text) {
    char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
    StringBuilder out = new StringBuilder().append(quote);
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\\' -> out.append("\\\\");
                default -> {
                  if (c == quote) {
                    out.append('\\').appendCodePoint(c);
                  } else if (c < 32 || c == 127) {
                    out.append("\\x%02x".formatted(c));
                  } else {
                    out.appendCodePoint(c);
                  }
                }
              }
            });
    return out.append(quote).toString();
  }

  /** The shortest decimal that reads back as the same number, in Python's layout. */
  static String repr(double number) {
    if (Double.isNaN(number)) {
      return "nan";
    }
    if (Double.isInfinite(number)) {
      return number > 0 ? "inf" : "-inf";
    }
    if (number == 0) {
      return 1 / number < 0 ? "-0.0" : "0.0";
    }
    BigDecimal decimal = new BigDecimal(Double.toString(number)).stripTrailingZeros();
    int exponent = decimal.precision() - decimal.scale() - 1;
    if (exponent >= -4 && exponent < 16) {
      String plain = decimal.toPlainString();
      return plain.indexOf('.') < 0 ? plain + ".0" : plain;
    }
    String digits = decimal.unscaledValue().abs().toString();
    return (number < 0 ? "-" : "")
        + digits.charAt(0)
        + (digits.length() > 1 ? "." + digits.substring(1) : "")
        + "e"
        + (exponent < 0 ? "-" : "+")
        + "%02d".formatted(Math.abs(exponent));
  }

  static boolean equal(Object a, Object b) {
    if (isNumber(a) && isNumber(b)) {
      return a instanceof Double || b instanceof Double
          ? number(a) == number(b)
          : integer(a) == integer(b);
    }
    if (a instanceof Undefined && b instanceof Undefined) {
      return true;
    }
    if (a instanceof List<?> x && b instanceof List<?> y) {
      return sameItems(x, y);
    }
    if (a instanceof Tuple x && b instanceof Tuple y) {
      return sameItems(x.items(), y.items());
    }
    if (a instanceof Map<?, ?> x && b instanceof Map<?, ?> y) {
      return x.size() == y.size()
          && x.entrySet().stream()
              .allMatch(e -> y.containsKey(e.getKey()) && equal(e.getValue(), y.get(e.getKey())));
    }
    return Objects.equals(a, b);
  }

  private static boolean sameItems(List<?> a, List<?> b) {
    if (a.size() != b.size()) {
      return false;
    }
    for (int i = 0; i < a.size(); i++) {
      if (!equal(a.get(i), b.get(i))) {
        return false;
      }
    }
    return true;
  }

  static int compare(Object a, Object b) {
    if (isNumber(a) && isNumber(b)) {
      return a instanceof Double || b instanceof Double
          ? Double.compare(number(a), number(b))
          : Long.compare(integer(a), integer(b));
    }
    if (a instanceof String x && b instanceof String y) {
      int[] left = x.codePoints().toArray();
      int[] right = y.codePoints().toArray();
      return Arrays.compare(left, right);
    }
    List<?> x = a instanceof Tuple t ? t.items() : a instanceof List<?> l ? l : null;
    List<?> y = b instanceof Tuple t ? t.items() : b instanceof List<?> l ? l : null;
    if (x != null && y != null) {
      for (int i = 0; i < Math.min(x.size(), y.size()); i++) {
        if (!equal(x.get(i), y.get(i))) {
          return compare(x.get(i), y.get(i));
        }
      }
      return Integer.compare(x.size(), y.size());
    }
    throw unsupported("comparison", a, b);
  }

  static boolean contains(Object container, Object item) {
    if (container instanceof String s) {
      if (!(item instanceof String part)) {
        throw JinjaException.render(
            "'in <string>' requires a string on its left, not " + typeName(item));
      }
      return s.contains(part);
    }
    if (container instanceof Map<?, ?> map) {
      return map.containsKey(key(item));
    }
    return iterate(container).stream().anyMatch(each -> equal(each, item));
  }

  /** A dict key: numbers that are equal are one key. */
  static Object key(Object value) {
    if (value instanceof Boolean b) {
      return b;
    }
    if (value instanceof Double d && d == Math.rint(d) && Math.abs(d) < 1e18) {
      return d.longValue();
    }
    return value;
  }

  static List<Object> iterate(Object value) {
    if (value instanceof List<?> list) {
      return objects(list);
    }
    if (value instanceof Tuple tuple) {
      return tuple.items();
    }
    if (value instanceof Map<?, ?> map) {
      return new ArrayList<>(map.keySet());
    }
    if (value instanceof String s) {
      List<Object> characters = new ArrayList<>(s.length());
      s.codePoints().forEach(c -> characters.add(Character.toString(c)));
      return characters;
    }
    if (value instanceof Undefined) {
      return List.of();
    }
    throw JinjaException.render("'" + typeName(value) + "' object is not iterable");
  }

  @SuppressWarnings("unchecked")
  private static List<Object> objects(List<?> list) {
    return (List<Object>) list; // only read
  }

  static long length(Object value) {
    if (value instanceof String s) {
      return s.codePointCount(0, s.length());
    }
    if (value instanceof Map<?, ?> map) {
      return map.size();
    }
    if (value instanceof List || value instanceof Tuple || value instanceof Undefined) {
      return iterate(value).size();
    }
    throw JinjaException.render("object of type '" + typeName(value) + "' has no len()");
  }

  static boolean isNumber(Object value) {
    return value instanceof Long || value instanceof Double || value instanceof Boolean;
  }

  static double number(Object value) {
    if (value instanceof Boolean b) {
      return b ? 1 : 0;
    }
    if (value instanceof Number n) {
      return n.doubleValue();
    }
    throw JinjaException.render("a number is needed, not " + describe(value));
  }

  static long integer(Object value) {
    if (value instanceof Boolean b) {
      return b ? 1 : 0;
    }
    if (value instanceof Long l) {
      return l;
    }
    throw JinjaException.render("an integer is needed, not " + describe(value));
  }

  static String requireString(Object value) {
    if (value instanceof String s) {
      return s;
    }
    throw JinjaException.render("a string is needed, not " + describe(value));
  }

  private static String describe(Object value) {
    return value instanceof Undefined u ? "undefined (" + u.hint() + ")" : typeName(value);
  }

  private static JinjaException unsupported(String operator, Object a, Object b) {
    if (a instanceof Undefined u) {
      return u.used();
    }
    if (b instanceof Undefined u) {
      return u.used();
    }
    return JinjaException.render(
        "unsupported types for " + operator + ": '" + typeName(a) + "' and '" + typeName(b) + "'");
  }

  static Object add(Object a, Object b, Limits limits) {
    if (isNumber(a) && isNumber(b)) {
      return a instanceof Double || b instanceof Double
          ? (Object) (number(a) + number(b))
          : (Object) exact(() -> Math.addExact(integer(a), integer(b)));
    }
    if (a instanceof String x && b instanceof String y) {
      limits.length((long) x.length() + y.length());
      return x.concat(y);
    }
    if (a instanceof List<?> x && b instanceof List<?> y) {
      return concatenated(x, y, limits);
    }
    if (a instanceof Tuple x && b instanceof Tuple y) {
      return new Tuple(concatenated(x.items(), y.items(), limits));
    }
    throw unsupported("+", a, b);
  }

  private static List<Object> concatenated(List<?> a, List<?> b, Limits limits) {
    limits.length((long) a.size() + b.size());
    List<Object> all = new ArrayList<>(a);
    all.addAll(b);
    return all;
  }

  static Object multiply(Object a, Object b, Limits limits) {
    if (isNumber(a) && isNumber(b)) {
      return a instanceof Double || b instanceof Double
          ? (Object) (number(a) * number(b))
          : (Object) exact(() -> Math.multiplyExact(integer(a), integer(b)));
    }
    Object sequence = isNumber(a) ? b : a;
    Object count = isNumber(a) ? a : b;
    if (!(count instanceof Double) && isNumber(count)) {
      long times = Math.max(0, Math.min(integer(count), Limits.LENGTH + 1L));
      if (sequence instanceof String s) {
        limits.length(times * s.length());
        return s.repeat((int) times);
      }
      if (sequence instanceof List<?> list) {
        limits.length(times * list.size());
        List<Object> all = new ArrayList<>();
        for (long i = 0; i < times && !list.isEmpty(); i++) {
          all.addAll(list);
        }
        return all;
      }
    }
    throw unsupported("*", a, b);
  }

  static Object arithmetic(String operator, Object a, Object b) {
    if (operator.equals("%") && a instanceof String format) {
      return PercentFormat.format(format, b);
    }
    if (!isNumber(a) || !isNumber(b)) {
      throw unsupported(operator, a, b);
    }
    boolean real = a instanceof Double || b instanceof Double;
    switch (operator) {
      case "-":
        return real
            ? (Object) (number(a) - number(b))
            : (Object) exact(() -> Math.subtractExact(integer(a), integer(b)));
      case "**":
        if (!real && integer(b) >= 0) {
          return exact(
              () ->
                  BigInteger.valueOf(integer(a))
                      .pow(Math.toIntExact(Math.min(integer(b), 4096)))
                      .longValueExact());
        }
        return Math.pow(number(a), number(b));
      default:
    }
    if (number(b) == 0) {
      throw JinjaException.render("division by zero");
    }
    return switch (operator) {
      case "/" -> (Object) (number(a) / number(b));
      case "//" ->
          real
              ? (Object) Math.floor(number(a) / number(b))
              : (Object) Math.floorDiv(integer(a), integer(b));
      default ->
          real
              ? (Object) (number(a) - number(b) * Math.floor(number(a) / number(b)))
              : (Object) Math.floorMod(integer(a), integer(b));
    };
  }

  private static Long exact(LongSupplier sum) {
    try {
      return sum.getAsLong();
    } catch (ArithmeticException e) {
      throw JinjaException.render("the integer is too large");
    }
  }

  /** {@code value.name}: a method or attribute, else an item. */
  static Object attribute(Object value, String name) {
    if (value instanceof Undefined u) {
      throw u.used();
    }
    Object method = name.startsWith("_") ? null : Methods.of(value, name);
    if (method != null) {
      return method;
    }
    if (value instanceof Map<?, ?> map && map.containsKey(name)) {
      return map.get(name);
    }
    if (value instanceof Namespace n && n.attributes().containsKey(name)) {
      return n.attributes().get(name);
    }
    if (value instanceof Loop loop) {
      return loop.attribute(name);
    }
    return new Undefined("'" + typeName(value) + " object' has no attribute '" + name + "'");
  }

  /** What {@code attr} finds: a method or attribute, never an item. */
  static Object memberOf(Object value, String name) {
    return value instanceof Map<?, ?> map && Methods.of(map, name) == null
        ? new Undefined("'dict object' has no attribute '" + name + "'")
        : attribute(value, name);
  }

  /** {@code value[key]}: an item, else an attribute. */
  static Object item(Object value, Object key) {
    if (value instanceof Undefined u) {
      throw u.used();
    }
    if (value instanceof Map<?, ?> map) {
      if (map.containsKey(key(key))) {
        return map.get(key(key));
      }
    } else if ((key instanceof Long || key instanceof Boolean)
        && (value instanceof List || value instanceof Tuple || value instanceof String)) {
      long index = integer(key);
      List<Object> items = iterate(value);
      long at = index < 0 ? index + items.size() : index;
      return at >= 0 && at < items.size()
          ? items.get((int) at)
          : new Undefined("'" + typeName(value) + " object' has no element " + index);
    }
    return key instanceof String name
        ? attribute(value, name)
        : new Undefined("'" + typeName(value) + " object' has no element " + repr(key));
  }

  static Object slice(Object value, Object start, Object stop, Object step) {
    if (value instanceof Undefined u) {
      throw u.used();
    }
    if (!(value instanceof String || value instanceof List || value instanceof Tuple)) {
      throw JinjaException.render("'" + typeName(value) + "' object cannot be sliced");
    }
    List<Object> items = iterate(value);
    long by = step == null ? 1 : integer(step);
    if (by == 0) {
      throw JinjaException.render("slice step cannot be zero");
    }
    int size = items.size();
    long from =
        bound(start, by > 0 ? 0 : size - 1, size, by > 0 ? 0 : -1, by > 0 ? size : size - 1);
    long to = bound(stop, by > 0 ? size : -1, size, by > 0 ? 0 : -1, by > 0 ? size : size - 1);
    List<Object> cut = new ArrayList<>();
    for (long i = from; by > 0 ? i < to : i > to; i += by) {
      cut.add(items.get((int) i));
    }
    if (value instanceof String) {
      StringBuilder text = new StringBuilder();
      cut.forEach(text::append);
      return text.toString();
    }
    return value instanceof Tuple ? new Tuple(cut) : cut;
  }

  private static long bound(Object given, long otherwise, int size, long least, long most) {
    if (given == null) {
      return otherwise;
    }
    long at = integer(given);
    return Math.max(least, Math.min(most, at < 0 ? at + size : at));
  }
}
