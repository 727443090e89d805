package io.affinage.llm.text.jinja;

import io.affinage.llm.text.jinja.JinjaException.Kind;
import java.time.Clock;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The functions that every template has. */
final class Globals {
  private Globals() {}

  static void define(Scope scope, Clock clock) {
    scope.set("range", (Callable) Globals::range);
    scope.set("dict", (Callable) a -> new LinkedHashMap<Object, Object>(mapping(a)));
    scope.set(
        "namespace",
        (Callable)
            a -> {
              Map<String, Object> attributes = new LinkedHashMap<>();
              mapping(a).forEach((k, v) -> attributes.put(Python.string(k), v));
              return new Namespace(attributes);
            });
    scope.set(
        "raise_exception",
        (Callable)
            a -> {
              throw new JinjaException(Kind.RAISED, Python.string(a.require(0, "message")));
            });
    scope.set(
        "strftime_now",
        (Callable) a -> Strftime.format(a.string(0, "format"), ZonedDateTime.now(clock)));
    scope.set(
        "joiner",
        (Callable)
            a -> {
              String separator = Python.string(a.get(0, "sep", ", "));
              boolean[] used = {false};
              return (Callable)
                  b -> {
                    String now = used[0] ? separator : "";
                    used[0] = true;
                    return now;
                  };
            });
  }

  private static Map<Object, Object> mapping(Arguments arguments) {
    Map<Object, Object> all = new LinkedHashMap<>();
    if (!arguments.positional().isEmpty()) {
      Object first = arguments.positional().get(0);
      if (first instanceof Map<?, ?> map) {
        all.putAll(map);
      } else {
        for (Object pair : Python.iterate(first)) {
          List<Object> both = Python.iterate(pair);
          all.put(both.get(0), both.get(1));
        }
      }
    }
    all.putAll(arguments.named());
    return all;
  }

  private static Object range(Arguments arguments) {
    List<Object> given = arguments.positional();
    long start = given.size() > 1 ? Python.integer(given.get(0)) : 0;
    long stop = Python.integer(given.get(given.size() > 1 ? 1 : 0));
    long step = given.size() > 2 ? Python.integer(given.get(2)) : 1;
    if (step == 0) {
      throw JinjaException.render("range() with step 0");
    }
    List<Object> numbers = new ArrayList<>();
    for (long i = start; step > 0 ? i < stop : i > stop; i += step) {
      if (numbers.size() == Limits.RANGE) {
        throw new JinjaException(Kind.LIMIT, "range() of more than " + Limits.RANGE + " numbers");
      }
      numbers.add(i);
    }
    return numbers;
  }
}
