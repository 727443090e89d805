package io.affinage.events.spec;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The cases of a typed choice ({@code {"type": ...}}), by the names that are on the wire. */
public final class Choices {
  private Choices() {}

  /** Whether the type is such a choice. */
  public static boolean isChoice(Class<?> type) {
    return type.isInterface() && type.isAnnotationPresent(JsonSubTypes.class);
  }

  /** The field that tells the cases apart. */
  public static String tag(Class<?> choice) {
    return choice.getAnnotation(JsonTypeInfo.class).property();
  }

  /** Every case's record by its name, in the order of their registration. */
  public static Map<String, Class<? extends Record>> cases(Class<?> choice) {
    Map<String, Class<? extends Record>> cases = new LinkedHashMap<>();
    for (JsonSubTypes.Type type : choice.getAnnotation(JsonSubTypes.class).value()) {
      cases.put(type.name(), type.value().asSubclass(Record.class));
    }
    return cases;
  }

  /** The names of all cases. */
  public static List<String> names(Class<?> choice) {
    return List.copyOf(cases(choice).keySet());
  }

  /** A case's name. */
  public static String name(Class<?> choice, Object chosen) {
    return Arrays.stream(choice.getAnnotation(JsonSubTypes.class).value())
        .filter(type -> type.value() == chosen.getClass())
        .map(JsonSubTypes.Type::name)
        .findFirst()
        .orElseThrow(() -> new AssertionError(chosen.getClass() + " is no case of " + choice));
  }

  /** The record of a name; empty for one that is unknown. */
  public static Optional<Class<? extends Record>> find(Class<?> choice, String name) {
    return Optional.ofNullable(cases(choice).get(name));
  }
}
