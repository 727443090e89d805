package io.affinage.llm.text.jinja;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What {@code is} can ask. */
final class Tests {
  private Tests() {}

  static boolean test(String name, Object value, Arguments a) {
    return switch (name) {
      case "defined" -> !(value instanceof Undefined);
      case "undefined" -> value instanceof Undefined;
      case "none" -> value == null;
      case "boolean" -> value instanceof Boolean;
      case "true" -> Boolean.TRUE.equals(value);
      case "false" -> Boolean.FALSE.equals(value);
      case "integer" -> value instanceof Long;
      case "float" -> value instanceof Double;
      case "number" -> Python.isNumber(value);
      case "string" -> value instanceof String;
      case "mapping" -> value instanceof Map;
      case "sequence" ->
          value instanceof String
              || value instanceof List
              || value instanceof Tuple
              || value instanceof Map
              || value instanceof Undefined;
      case "iterable" ->
          value instanceof String
              || value instanceof List
              || value instanceof Tuple
              || value instanceof Map
              || value instanceof Undefined;
      case "callable" -> value instanceof Callable || value instanceof Undefined;
      case "escaped" -> false; // nothing is marked as safe here
      case "sameas" ->
          value == a.require(0, "other")
              || value instanceof Boolean && value.equals(a.require(0, "other"));
      case "eq", "equalto", "==" -> Python.equal(value, a.require(0, "other"));
      case "ne", "!=" -> !Python.equal(value, a.require(0, "other"));
      case "lt", "lessthan", "<" -> Python.compare(value, a.require(0, "other")) < 0;
      case "le", "<=" -> Python.compare(value, a.require(0, "other")) <= 0;
      case "gt", "greaterthan", ">" -> Python.compare(value, a.require(0, "other")) > 0;
      case "ge", ">=" -> Python.compare(value, a.require(0, "other")) >= 0;
      case "in" -> Python.contains(a.require(0, "seq"), value);
      case "even" -> remainder(value, 2L) == 0;
      case "odd" -> remainder(value, 2L) == 1;
      case "divisibleby" -> remainder(value, a.require(0, "num")) == 0;
      case "lower" -> {
        String s = Python.string(value);
        yield s.equals(s.toLowerCase(Locale.ROOT)) && !s.equals(s.toUpperCase(Locale.ROOT));
      }
      case "upper" -> {
        String s = Python.string(value);
        yield s.equals(s.toUpperCase(Locale.ROOT)) && !s.equals(s.toLowerCase(Locale.ROOT));
      }
      default -> throw JinjaException.render("no test named '" + name + "'");
    };
  }

  private static double remainder(Object value, Object by) {
    if (!Python.isNumber(value) || !Python.isNumber(by)) {
      Python.integer(Python.isNumber(value) ? by : value); // throws
    }
    return Python.number(Python.arithmetic("%", value, by));
  }
}
