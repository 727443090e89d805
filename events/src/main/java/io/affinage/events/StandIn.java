package io.affinage.events;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.affinage.events.spec.Choices;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Map;

/**
 * JSON of a type that its record can be read from, in place of what cannot be read: the text is
 * {@value #TEXT}, which keeps every {@link NameRule}; numbers are 0, and nothing is there that may
 * be absent.
 */
final class StandIn {
  static final String TEXT = "unreadable";

  private StandIn() {}

  static JsonNode of(Type type) {
    if (type instanceof ParameterizedType generic) {
      return generic.getRawType() == List.class
          ? JsonNodeFactory.instance.arrayNode()
          : JsonNodeFactory.instance.objectNode();
    }
    Class<?> plain = (Class<?>) type;
    if (plain == String.class) {
      return new TextNode(TEXT);
    }
    if (plain == boolean.class) {
      return BooleanNode.FALSE;
    }
    if (plain.isPrimitive()) {
      return IntNode.valueOf(0);
    }
    if (plain.isEnum()) {
      return EventJson.shared().valueToTree(plain.getEnumConstants()[0]);
    }
    return Choices.isChoice(plain) ? chosen(plain) : record(plain);
  }

  /** The first case that there is. */
  private static ObjectNode chosen(Class<?> choice) {
    Map.Entry<String, Class<? extends Record>> first =
        Choices.cases(choice).entrySet().iterator().next();
    return record(first.getValue()).put(Choices.tag(choice), first.getKey());
  }

  /** Free JSON is an object without fields. */
  private static ObjectNode record(Class<?> type) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    if (type.isRecord()) {
      for (RecordComponent component : type.getRecordComponents()) {
        if (NullnessIntrospector.isRequired(component)) {
          object.set(component.getName(), of(component.getGenericType()));
        }
      }
    }
    return object;
  }
}
