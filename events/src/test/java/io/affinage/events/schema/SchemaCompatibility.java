package io.affinage.events.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Finds what old readers or old producers of a released event would trip over. Services are
 * upgraded one by one, so a change must be harmless both ways. New values and cases of a closed
 * choice are allowed: who does not know them refuses the single event that uses them.
 */
final class SchemaCompatibility {
  /** Older names of the field that tells cases apart, which readers still take, to the present. */
  private static final Map<String, String> OLDER_TAGS = Map.of("reward", "type");

  private final JsonNode released;
  private final JsonNode current;
  private final List<String> breaks = new ArrayList<>();
  private final Map<JsonNode, JsonNode> open = new IdentityHashMap<>();

  private SchemaCompatibility(JsonNode released, JsonNode current) {
    this.released = released;
    this.current = current;
  }

  /** One line per incompatible change, naming the path. */
  static List<String> breaks(JsonNode released, JsonNode current) {
    SchemaCompatibility comparison = new SchemaCompatibility(released, current);
    comparison.compare("", released, current);
    return comparison.breaks;
  }

  private void compare(String path, JsonNode oldSchema, JsonNode newSchema) {
    JsonNode before = resolved(released, oldSchema);
    JsonNode after = resolved(current, newSchema);
    if (open.put(before, after) == after) {
      return; // a choice within itself, as rewards are made of rewards
    }
    if (!before.has("anyOf") && after.has("anyOf") && types(before).equals(Set.of("object"))) {
      after = united(after);
    }
    if (isNullable(released, oldSchema) != isNullable(current, newSchema)) {
      breaks.add(path + ": may be null before or after, not both");
    }
    if (!types(before).equals(types(after))) {
      breaks.add("%s: type %s became %s".formatted(path, types(before), types(after)));
    }
    Set<String> lostValues = values(before);
    lostValues.removeAll(values(after));
    if (!lostValues.isEmpty()) {
      breaks.add("%s: values %s are gone".formatted(path, lostValues));
    }
    compareProperties(path, before, after);
    compareChild(path + "[]", before, after, "items");
    compareChild(path + "{}", before, after, "additionalProperties");
    compareVariants(path, before, after);
  }

  private void compareProperties(String path, JsonNode before, JsonNode after) {
    before
        .path("properties")
        .properties()
        .forEach(
            property -> {
              String child = path + "." + property.getKey();
              JsonNode counterpart = after.path("properties").path(property.getKey());
              if (counterpart.isMissingNode()) {
                breaks.add(child + ": is gone");
              } else {
                compare(child, property.getValue(), counterpart);
              }
            });
    Set<String> requiredBefore = texts(before.path("required"));
    Set<String> requiredAfter = texts(after.path("required"));
    requiredAfter.stream()
        .filter(name -> !requiredBefore.contains(name))
        .forEach(name -> breaks.add("%s.%s: became required".formatted(path, name)));
    requiredBefore.stream()
        .filter(name -> !requiredAfter.contains(name))
        .forEach(name -> breaks.add("%s.%s: became optional".formatted(path, name)));
  }

  private void compareChild(String path, JsonNode before, JsonNode after, String keyword) {
    if (before.has(keyword) && after.has(keyword)) {
      compare(path, before.get(keyword), after.get(keyword));
    } else if (before.has(keyword) != after.has(keyword)) {
      breaks.add("%s: %s came or went".formatted(path, keyword));
    }
  }

  private void compareVariants(String path, JsonNode before, JsonNode after) {
    List<JsonNode> candidates = variants(current, after);
    for (JsonNode variant : variants(released, before)) {
      renameTag(variant);
      String tag = tag(variant);
      candidates.stream()
          .filter(candidate -> tag(candidate).equals(tag))
          .findFirst()
          .ifPresentOrElse(
              candidate -> compare("%s<%s>".formatted(path, tag), variant, candidate),
              () -> breaks.add("%s: case %s is gone".formatted(path, tag)));
    }
  }

  /** Follows references, and looks through "this or null". */
  private static JsonNode resolved(JsonNode root, JsonNode schema) {
    JsonNode node = schema;
    while (true) {
      if (node.has("$ref")) {
        String pointer = node.get("$ref").textValue();
        node = pointer.equals("#") ? root : root.at(pointer.substring(1));
        if (node.isMissingNode()) {
          throw new IllegalArgumentException("dangling reference " + pointer);
        }
      } else if (orNull(node)) {
        node = notNull(node);
      } else {
        return node;
      }
    }
  }

  private static boolean orNull(JsonNode node) {
    JsonNode either = node.path("anyOf");
    return either.size() == 2 && !notNull(node).isMissingNode() && hasNull(either);
  }

  private static boolean hasNull(JsonNode either) {
    return stream(either).anyMatch(option -> "null".equals(option.path("type").textValue()));
  }

  private static JsonNode notNull(JsonNode node) {
    return stream(node.path("anyOf"))
        .filter(option -> !"null".equals(option.path("type").textValue()))
        .findFirst()
        .orElse(MissingNode.getInstance());
  }

  private static boolean isNullable(JsonNode root, JsonNode schema) {
    if (hasNull(schema.path("anyOf")) || texts(schema.path("type")).contains("null")) {
      return true;
    }
    if (!schema.has("$ref")) {
      return false;
    }
    String pointer = schema.get("$ref").textValue();
    return isNullable(root, pointer.equals("#") ? root : root.at(pointer.substring(1)));
  }

  private static Set<String> types(JsonNode schema) {
    Set<String> types = texts(schema.path("type"));
    types.remove("null");
    return types;
  }

  private static Set<String> values(JsonNode schema) {
    Set<String> values = texts(schema.path("enum"));
    if (schema.has("const")) {
      values.add(schema.get("const").asText());
    }
    return values;
  }

  private static List<JsonNode> variants(JsonNode root, JsonNode schema) {
    return stream(schema.path("anyOf"))
        .map(option -> merged(root, option))
        .collect(Collectors.toList());
  }

  /** What was one object may become a choice among objects: together they are what they can be. */
  private JsonNode united(JsonNode choice) {
    ObjectNode united = JsonNodeFactory.instance.objectNode();
    united.put("type", "object");
    Set<String> always = null;
    for (JsonNode variant : variants(current, choice)) {
      if (!variant.path("properties").has("type")) {
        continue; // null
      }
      united.withObject("properties").setAll(copy(variant.path("properties")));
      Set<String> required = texts(variant.path("required"));
      if (always == null) {
        always = required;
      } else {
        always.retainAll(required);
      }
    }
    always.forEach(united.withArray("required")::add);
    JsonNode tag = united.path("properties").path("type");
    if (tag.has("const")) {
      united
          .withObject("properties")
          .set("type", JsonNodeFactory.instance.objectNode().put("type", "string"));
    }
    return united;
  }

  /** A case is its type's schema and, beside the reference to it, its tag. */
  private static JsonNode merged(JsonNode root, JsonNode option) {
    ObjectNode merged = JsonNodeFactory.instance.objectNode();
    JsonNode node = option;
    while (true) {
      merged.withObject("properties").setAll(copy(node.path("properties")));
      node.path("required").forEach(merged.withArray("required")::add);
      if (!node.has("$ref")) {
        return merged;
      }
      node = root.at(node.get("$ref").textValue().substring(1));
      if (node.isMissingNode()) {
        throw new IllegalArgumentException("dangling reference in " + option);
      }
    }
  }

  private static void renameTag(JsonNode variant) {
    ObjectNode properties = (ObjectNode) variant.path("properties");
    OLDER_TAGS.forEach(
        (older, present) -> {
          if (properties.path(older).has("const")) {
            properties.set(present, properties.remove(older));
            ArrayNode required = (ArrayNode) variant.get("required");
            Set<String> names = texts(required);
            if (names.remove(older)) {
              required.removeAll();
              names.forEach(required::add);
              required.add(present);
            }
          }
        });
  }

  private static ObjectNode copy(JsonNode object) {
    return object.isObject() ? object.deepCopy() : JsonNodeFactory.instance.objectNode();
  }

  private static String tag(JsonNode variant) {
    return variant.path("properties").properties().stream()
        .filter(property -> property.getValue().has("const"))
        .map(property -> property.getKey() + "=" + property.getValue().get("const").asText())
        .sorted()
        .collect(Collectors.joining(","));
  }

  private static Set<String> texts(JsonNode node) {
    return node.isTextual()
        ? new TreeSet<>(Set.of(node.textValue()))
        : stream(node).map(JsonNode::asText).collect(Collectors.toCollection(TreeSet::new));
  }

  private static Stream<JsonNode> stream(JsonNode node) {
    return StreamSupport.stream(node.spliterator(), false);
  }
}
