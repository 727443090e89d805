package io.affinage.llm.text.jinja;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Python's {@code json.dumps}, with the arguments that transformers' {@code tojson} passes on. */
final class PythonJson {
  private final StringBuilder out = new StringBuilder();
  private final String indent; // of one level, or null
  private final String itemSeparator;
  private final String keySeparator;
  private final boolean ascii;
  private final boolean sorted;

  private PythonJson(
      String indent, String itemSeparator, String keySeparator, boolean ascii, boolean sorted) {
    this.indent = indent;
    this.itemSeparator = itemSeparator;
    this.keySeparator = keySeparator;
    this.ascii = ascii;
    this.sorted = sorted;
  }

  /** {@code value | tojson(ensure_ascii=False, indent=None, separators=None, sort_keys=False)}. */
  static String filter(Object value, Arguments arguments) {
    boolean ascii = Python.truth(arguments.get(0, "ensure_ascii", false));
    Object indent = arguments.get(1, "indent", null);
    Object separators = arguments.get(2, "separators", null);
    boolean sorted = Python.truth(arguments.get(3, "sort_keys", false));
    String level = indent == null ? null : indent instanceof String s ? s : spaces(indent);
    String item = level == null ? ", " : ",";
    String key = ": ";
    if (separators != null) {
      List<Object> both = Python.iterate(separators);
      item = Python.requireString(both.get(0));
      key = Python.requireString(both.get(1));
    }
    PythonJson json = new PythonJson(level, item, key, ascii, sorted);
    json.write(value, 0);
    return json.out.toString();
  }

  private static String spaces(Object indent) {
    long count = Python.integer(indent);
    if (count > 1000) {
      throw JinjaException.render("tojson indent " + count + " is too large");
    }
    return " ".repeat((int) Math.max(0, count));
  }

  private void write(Object value, int depth) {
    if (value == null) {
      out.append("null");
    } else if (value instanceof Boolean || value instanceof Long) {
      out.append(value);
    } else if (value instanceof Double d) {
      out.append(
          d.isNaN()
              ? "NaN"
              : d.isInfinite() ? (d > 0 ? "Infinity" : "-Infinity") : Python.repr(d.doubleValue()));
    } else if (value instanceof String s) {
      quote(s);
    } else if (value instanceof Map<?, ?> map) {
      object(map, depth);
    } else if (value instanceof List || value instanceof Tuple) {
      array(Python.iterate(value), depth);
    } else if (value instanceof Undefined u) {
      throw u.used();
    } else {
      throw JinjaException.render(
          "Object of type " + Python.typeName(value) + " is not JSON serializable");
    }
  }

  private void object(Map<?, ?> map, int depth) {
    if (map.isEmpty()) {
      out.append("{}");
      return;
    }
    Map<?, ?> ordered = map;
    if (sorted) {
      Map<Object, Object> tree = new TreeMap<>(Python::compare);
      tree.putAll(map);
      ordered = tree;
    }
    out.append('{');
    boolean first = true;
    for (Map.Entry<?, ?> entry : ordered.entrySet()) {
      separate(first, depth + 1);
      first = false;
      Object key = entry.getKey();
      if (key instanceof String s) {
        quote(s);
      } else {
        out.append('"');
        write(key, depth);
        out.append('"');
      }
      out.append(keySeparator);
      write(entry.getValue(), depth + 1);
    }
    newline(depth);
    out.append('}');
  }

  private void array(List<Object> items, int depth) {
    if (items.isEmpty()) {
      out.append("[]");
      return;
    }
    out.append('[');
    boolean first = true;
    for (Object item : items) {
      separate(first, depth + 1);
      first = false;
      write(item, depth + 1);
    }
    newline(depth);
    out.append(']');
  }

  private void separate(boolean first, int depth) {
    if (!first) {
      out.append(itemSeparator);
    }
    newline(depth);
  }

  private void newline(int depth) {
    if (indent != null) {
      out.append('\n').append(indent.repeat(depth));
    }
  }

  private void quote(String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        default -> {
          if (c < 32 || ascii && c > 126) {
            out.append("\\u%04x".formatted((int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }
}
