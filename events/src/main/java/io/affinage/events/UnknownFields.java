package io.affinage.events;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.events.spec.Choices;
import io.affinage.events.spec.NearestName;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds what a request, or a recorded specification, says that its record has no place for: fields
 * that are unknown here, and unknown cases of a choice that may be left out, which are taken out so
 * that the rest can be read.
 */
final class UnknownFields {
  private static final Set<EventType> REQUESTS =
      Set.of(
          EventType.DATASET_SUBMITTED,
          EventType.TRAINING_REQUESTED,
          EventType.EVALUATION_REQUESTED,
          EventType.REWARD_REQUESTED);

  private final List<ErrorDetail> found = new ArrayList<>();

  private UnknownFields() {}

  /** Every one, in the order of the record; empty for events that ask for nothing. */
  static List<ErrorDetail> of(EventType type, JsonNode data) {
    if (!isLookedFor(type)) {
      return List.of();
    }
    UnknownFields fields = new UnknownFields();
    fields.record("", type.dataClass(), data, null);
    return List.copyOf(fields.found);
  }

  /** Whether it matters: of requests, and of what records how one is carried out. */
  static boolean isLookedFor(EventType type) {
    return isRequest(type) || type == EventType.TRAINING_CLAIMED;
  }

  /** Whether somebody waits for an answer to such events. */
  static boolean isRequest(EventType type) {
    return REQUESTS.contains(type);
  }

  private void value(String path, Type type, JsonNode value) {
    if (type instanceof ParameterizedType list && list.getRawType() == List.class) {
      for (int i = 0; i < value.size(); i++) {
        value(path + "[" + i + "]", list.getActualTypeArguments()[0], value.get(i));
      }
    } else if (type instanceof Class<?> choice && Choices.isChoice(choice)) {
      String tag = Choices.tag(choice);
      Choices.find(choice, value.path(tag).asText(""))
          .ifPresent(chosen -> record(path, chosen, value, tag));
    } else if (type instanceof Class<?> record
        && record.isRecord()
        // What a trainer has written comes back as it was, from whatever version.
        && record != ModelRegistered.class) {
      record(path, record, value, null);
    }
  }

  private void record(String path, Class<?> type, JsonNode value, @Nullable String tag) {
    if (!(value instanceof ObjectNode object)) {
      return;
    }
    List<String> known = Arrays.stream(type.getRecordComponents()).map(WireName::of).toList();
    String prefix = path.isEmpty() ? "" : path + ".";
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      if (!known.contains(field.getKey()) && !field.getKey().equals(tag)) {
        found.add(error(prefix + field.getKey(), "is not known", field.getKey(), known));
      }
    }
    for (RecordComponent component : type.getRecordComponents()) {
      String name = WireName.of(component);
      String at = prefix + name;
      JsonNode inside = object.get(name);
      if (inside == null || inside.isNull()) {
        continue;
      }
      Optional<String> unknown = unknownCase(component.getType(), inside);
      if (unknown.isPresent() && !NullnessIntrospector.isRequired(component)) {
        found.add(unknownCase(at, component.getType(), unknown.get()));
        object.putNull(name);
      } else {
        value(at, component.getGenericType(), inside);
      }
    }
  }

  /** The name of a case that a choice does not have. */
  static Optional<String> unknownCase(Class<?> type, JsonNode value) {
    if (!Choices.isChoice(type)) {
      return Optional.empty();
    }
    JsonNode tag = value.path(Choices.tag(type));
    return tag.isTextual() && Choices.find(type, tag.textValue()).isEmpty()
        ? Optional.of(tag.textValue())
        : Optional.empty();
  }

  /** A choice has no case of that name. */
  static ErrorDetail unknownCase(String at, Class<?> choice, String name) {
    return error(
        at + "." + Choices.tag(choice),
        "is '%s', which is not known".formatted(name),
        name,
        Choices.names(choice));
  }

  private static ErrorDetail error(String param, String why, String name, List<String> known) {
    return new ErrorDetail(
        Understanding.UNKNOWN, param + " " + why + NearestName.hint(name, known), param);
  }
}
