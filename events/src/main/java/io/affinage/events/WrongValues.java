package io.affinage.events;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.events.spec.Choices;
import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Finds values of a request that are not of their field's type, or missing, and takes them out so
 * that the rest can be read and the request answered. In place of what is required a stand-in is
 * put: it is never worked with, for a producer's request in which something was found is refused
 * ({@link Understanding}). The id, by which it is answered, has none; nor have requests of our own
 * programs, which are left to others: those go to the dead letters.
 */
final class WrongValues {
  private static final int SHOWN = 60;

  private final List<ErrorDetail> found = new ArrayList<>();

  private WrongValues() {}

  /** Every one, in the order of the record. */
  static List<ErrorDetail> takenOut(EventMetadata metadata, JsonNode data) {
    EventType type = metadata.type();
    WrongValues values = new WrongValues();
    boolean answered = UnknownFields.isRequest(type) && !Understanding.isOurs(metadata);
    values.record("", type.dataClass(), data, answered);
    return List.copyOf(values.found);
  }

  private void value(String path, Type type, JsonNode value, boolean standIns) {
    if (type instanceof ParameterizedType list && list.getRawType() == List.class) {
      for (int i = 0; i < value.size(); i++) {
        value(path + "[" + i + "]", list.getActualTypeArguments()[0], value.path(i), standIns);
      }
    } else if (type instanceof Class<?> choice && Choices.isChoice(choice)) {
      Choices.find(choice, value.path(Choices.tag(choice)).asText(""))
          .ifPresent(chosen -> record(path, chosen, value, standIns));
    } else if (type instanceof Class<?> record
        && record.isRecord()
        && record != ModelRegistered.class) {
      record(path, record, value, standIns);
    }
  }

  /**
   * What lies deeper is taken out first, so that no more goes than must.
   *
   * @param standIns whether all that this belongs to is required, so that it cannot be left out
   */
  private void record(String path, Class<?> type, JsonNode value, boolean standIns) {
    if (!(value instanceof ObjectNode object)) {
      return;
    }
    for (RecordComponent component : type.getRecordComponents()) {
      String name = WireName.of(component);
      JsonNode inside = object.get(name);
      boolean required = NullnessIntrospector.isRequired(component);
      boolean replaced = required && standIns && !isId(path, component);
      String at = path.isEmpty() ? name : path + "." + name;
      if (inside == null || inside.isNull()) {
        if (replaced) {
          found.add(error(at, at + " is required"));
          object.set(name, StandIn.of(component.getGenericType()));
        }
        continue;
      }
      value(at, component.getGenericType(), inside, replaced);
      Optional<ErrorDetail> wrong =
          required && !replaced ? Optional.empty() : wrong(at, component.getGenericType(), inside);
      wrong.ifPresent(
          error -> {
            found.add(error);
            if (required) {
              object.set(name, StandIn.of(component.getGenericType()));
            } else {
              object.remove(name);
            }
          });
    }
  }

  /** Of the whole request: its first component. */
  private static boolean isId(String path, RecordComponent component) {
    return path.isEmpty()
        && component
            .getName()
            .equals(component.getDeclaringRecord().getRecordComponents()[0].getName());
  }

  private static Optional<ErrorDetail> wrong(String at, Type type, JsonNode value) {
    if (type instanceof Class<?> choice) {
      Optional<String> unknown = UnknownFields.unknownCase(choice, value);
      if (unknown.isPresent()) {
        return Optional.of(UnknownFields.unknownCase(at, choice, unknown.get()));
      }
    } else if (type instanceof ParameterizedType generic) {
      Type[] content = generic.getActualTypeArguments();
      for (Map.Entry<String, JsonNode> each : entries(value)) {
        if (each.getValue().isNull() && content[content.length - 1] != JsonNode.class) {
          return Optional.of(error(at + each.getKey(), at + each.getKey() + " must not be null"));
        }
      }
    }
    try {
      EventJson.shared()
          .readerFor(EventJson.shared().constructType(type))
          .readValue(value.traverse(EventJson.shared()));
      return Optional.empty();
    } catch (JsonMappingException e) {
      String inside = EventCodec.path(e);
      return Optional.of(
          inside.isEmpty()
              ? error(at, at + " must be " + expected(type) + ", not " + shown(value))
              : inside(at, inside, e));
    } catch (JsonProcessingException e) {
      return Optional.of(error(at, at + ": " + EventCodec.firstLine(e)));
    } catch (IOException e) {
      throw new AssertionError("JSON in memory cannot be read", e);
    }
  }

  /** What a list or an object holds, by what follows the path. */
  private static Iterable<Map.Entry<String, JsonNode>> entries(JsonNode value) {
    List<Map.Entry<String, JsonNode>> entries = new ArrayList<>();
    value
        .properties()
        .forEach(each -> entries.add(Map.entry("." + each.getKey(), each.getValue())));
    for (int i = 0; value.isArray() && i < value.size(); i++) {
      entries.add(Map.entry("[" + i + "]", value.get(i)));
    }
    return entries;
  }

  private static ErrorDetail inside(String at, String path, JsonMappingException e) {
    String param = path.startsWith("[") ? at + path : at + "." + path;
    return error(param, param + ": " + EventCodec.firstLine(e));
  }

  private static ErrorDetail error(String param, String message) {
    return new ErrorDetail(Understanding.WRONG, message, param);
  }

  private static String expected(Type type) {
    if (type instanceof ParameterizedType generic) {
      return Map.class.isAssignableFrom((Class<?>) generic.getRawType()) ? "an object" : "a list";
    }
    Class<?> plain = (Class<?>) type;
    if (plain.isEnum()) {
      return Arrays.stream(plain.getEnumConstants())
          .map(each -> EventJson.shared().valueToTree(each).asText())
          .collect(Collectors.joining(", ", "one of ", ""));
    }
    if (plain == Boolean.class || plain == boolean.class) {
      return "true or false";
    }
    if (plain == Double.class || plain == double.class) {
      return "a number";
    }
    if (plain == String.class) {
      return "a text";
    }
    return plain.isPrimitive() || Number.class.isAssignableFrom(plain)
        ? "a whole number within its type's range"
        : "an object";
  }

  private static String shown(JsonNode value) {
    String text = value.toString();
    return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "...";
  }
}
