package io.affinage.events;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/**
 * JSON that can be written again. The parser takes two things that no writer can: a number beyond
 * the range of a double, which becomes infinite, and half of a surrogate pair. An event with either
 * would be accepted, and every answer to it fail.
 */
final class PlainJson {
  private PlainJson() {}

  /**
   * Checks an event's data.
   *
   * @throws EventException {@code invalid_event_data}
   */
  static void require(EventType type, JsonNode data) {
    require(type, data, "");
  }

  private static void require(EventType type, JsonNode node, String name) {
    if (node.isTextual()) {
      requirePairs(type, node.textValue(), name);
    } else if (node.isFloatingPointNumber() && !Double.isFinite(node.doubleValue())) {
      throw new EventException(
          "invalid_event_data",
          "%s: at '%s': a number is out of range".formatted(type.typeName(), name));
    } else if (node.isArray()) {
      for (JsonNode element : node) {
        require(type, element, name);
      }
    } else {
      for (Map.Entry<String, JsonNode> field : node.properties()) {
        requirePairs(type, field.getKey(), name);
        if (!isRows(type, name, field.getKey())) {
          require(type, field.getValue(), field.getKey());
        }
      }
    }
  }

  /** Rows are never written again as they are, and their reader says which of them are bad. */
  private static boolean isRows(EventType type, String parent, String name) {
    return type == EventType.DATASET_SUBMITTED && parent.equals("source") && name.equals("rows");
  }

  private static void requirePairs(EventType type, String text, String name) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!Character.isSurrogate(c)) {
        continue;
      }
      if (Character.isLowSurrogate(c)
          || i + 1 == text.length()
          || !Character.isLowSurrogate(text.charAt(++i))) {
        throw new EventException(
            "invalid_event_data",
            "%s: at '%s': half of a surrogate pair".formatted(type.typeName(), name));
      }
    }
  }
}
