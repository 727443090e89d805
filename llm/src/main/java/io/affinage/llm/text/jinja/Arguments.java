package io.affinage.llm.text.jinja;

import java.util.List;
import java.util.Map;

/** Arguments of a call. */
record Arguments(List<Object> positional, Map<String, Object> named) {
  static final Arguments NONE = new Arguments(List.of(), Map.of());

  /** The argument at a position or of a name, or a default. */
  Object get(int position, String name, Object otherwise) {
    if (position < positional.size()) {
      return positional.get(position);
    }
    return named.containsKey(name) ? named.get(name) : otherwise;
  }

  Object require(int position, String name) {
    if (position >= positional.size() && !named.containsKey(name)) {
      throw JinjaException.render("missing argument '" + name + "'");
    }
    return get(position, name, null);
  }

  String string(int position, String name) {
    return Python.requireString(require(position, name));
  }

  int size() {
    return positional.size() + named.size();
  }

  /** The positional arguments after the first few, with all named ones. */
  Arguments after(int count) {
    return new Arguments(
        positional.subList(Math.min(count, positional.size()), positional.size()), named);
  }
}
