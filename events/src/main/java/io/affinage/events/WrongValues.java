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
 * Finds values of a request that are not of their field's type, where the field may be left out,
 * and takes them out so that the rest can be read and the request answered. What is required cannot
 * be taken out: such a request goes to the dead letters.
 */
final class WrongValues {
  private static final int SHOWN = 60;

  private final List<ErrorDetail> found = new ArrayList<>();

  private WrongValues() {}

  /** Every one, in the order of the record. */
  static List<ErrorDetail> takenOut(EventType type, JsonNode data) {
    WrongValues values = new WrongValues();
    values.record("", type.dataClass(), data);
    return List.copyOf(values.found);
  }

  private void value(String path, Type type, JsonNode value) {
    if (type instanceof ParameterizedType list && list.getRawType() == List.class) {
      for (int i = 0; i < value.size(); i++) {
        value(path + "[" + i + "]", list.getActualTypeArguments()[0], value.path(i));
      }
    } else if (type instanceof Class<?> choice && Choices.isChoice(choice)) {
      Choices.find(choice, value.path(Choices.tag(choice)).asText(""))
          .ifPresent(chosen -> record(path, chosen, value));
    } else if (type instanceof Class<?> record
        && record.isRecord()
        && record != ModelRegistered.class) {
      record(path, record, value);
    }
  }

  /** What lies deeper is taken out first, so that no more goes than must. */
  private void record(String path, Class<?> type, JsonNode value) {
    if (!(value instanceof ObjectNode object)) {
      return;
    }
    for (RecordComponent component : type.getRecordComponents()) {
      String name = component.getName();
      JsonNode inside = object.get(name);
      if (inside == null || inside.isNull()) {
        continue;
      }
      String at = path.isEmpty() ? name : path + "." + name;
      value(at, component.getGenericType(), inside);
      if (!NullnessIntrospector.isRequired(component)) {
        wrong(at, component.getGenericType(), inside)
            .ifPresent(
                error -> {
                  found.add(error);
                  object.remove(name);
                });
      }
    }
  }

  private static Optional<ErrorDetail> wrong(String at, Type type, JsonNode value) {
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
