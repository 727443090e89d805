package io.affinage.llm.text.jinja;

import java.util.List;

/** The {@code loop} variable. */
final class Loop {
  private final List<Object> items;
  private final int depth;
  private final Callable recursion; // null unless the loop is recursive
  private int index = -1;
  private Object changed;

  Loop(List<Object> items, int depth, Callable recursion) {
    this.items = items;
    this.depth = depth;
    this.recursion = recursion;
  }

  void next() {
    index++;
  }

  int depth() {
    return depth;
  }

  Callable recursion() {
    if (recursion == null) {
      throw JinjaException.render("the loop is not recursive");
    }
    return recursion;
  }

  Object attribute(String name) {
    return switch (name) {
      case "index" -> index + 1L;
      case "index0" -> (long) index;
      case "revindex" -> (long) items.size() - index;
      case "revindex0" -> (long) items.size() - index - 1;
      case "first" -> index == 0;
      case "last" -> index == items.size() - 1;
      case "length" -> (long) items.size();
      case "depth" -> depth + 1L;
      case "depth0" -> (long) depth;
      case "previtem" ->
          index == 0 ? new Undefined("there is no previous item") : items.get(index - 1);
      case "nextitem" ->
          index == items.size() - 1 ? new Undefined("there is no next item") : items.get(index + 1);
      case "cycle" ->
          (Callable) a -> a.positional().get(index % Math.max(1, a.positional().size()));
      case "changed" ->
          (Callable)
              a -> {
                boolean different =
                    changed == null || !Python.equal(changed, new Tuple(a.positional()));
                changed = new Tuple(a.positional());
                return different;
              };
      default -> new Undefined("'loop' has no attribute '" + name + "'");
    };
  }
}
