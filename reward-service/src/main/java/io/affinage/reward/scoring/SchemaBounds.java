package io.affinage.reward.scoring;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Measures a JSON Schema before anything is built of it: its size, its depth, and how many schemas
 * apply to one place of a value once references are followed. Eight levels of eight references are
 * 1.6 kB and sixteen million schemas; they are counted here without being followed twice.
 */
final class SchemaBounds {
  /** Most JSON values in a schema. */
  static final int MAX_VALUES = 20_000;

  /** Deepest nesting of a schema. */
  static final int MAX_DEPTH = 100;

  /** Most schemas that apply to one place of a value. */
  static final long MAX_EXPANSIONS = 10_000;

  /** Longest chain of references and schemas at one place of a value. */
  private static final int MAX_CHAIN = 500;

  private static final String PARAM = "reward.schema";
  private static final Set<String> SAME_PLACE_LISTS = Set.of("allOf", "anyOf", "oneOf");
  private static final Set<String> SAME_PLACE = Set.of("not", "if", "then", "else");
  private static final Set<String> REFERENCES = Set.of("$ref", "$dynamicRef", "$recursiveRef");
  private static final Set<String> BELOW =
      Set.of(
          "items",
          "contains",
          "additionalProperties",
          "propertyNames",
          "unevaluatedItems",
          "unevaluatedProperties",
          "additionalItems",
          "contentSchema");
  private static final Set<String> SEVERAL =
      Set.of(
          "allOf",
          "anyOf",
          "oneOf",
          "items",
          "prefixItems",
          "properties",
          "patternProperties",
          "dependentSchemas",
          "dependencies",
          "$defs",
          "definitions");

  private final JsonNode root;
  private final Map<String, JsonNode> anchors = new HashMap<>();
  private final Map<JsonNode, Long> expansions = new IdentityHashMap<>();

  private SchemaBounds(JsonNode root) {
    this.root = root;
  }

  /**
   * Refuses what grows too large once references are followed, and patterns that cannot be used.
   *
   * @return every schema in the document
   * @throws InvalidRewardException {@code invalid_schema} or {@code invalid_pattern}
   */
  static List<JsonNode> check(JsonNode schema) {
    SchemaBounds bounds = new SchemaBounds(schema);
    List<JsonNode> schemas = bounds.schemas();
    for (JsonNode each : schemas) {
      bounds.expansions(each, 0);
    }
    return schemas;
  }

  /**
   * Refuses what has too many values or is nested too deeply; itself without recursion.
   *
   * @throws InvalidRewardException {@code invalid_schema}
   */
  static void requireSmall(JsonNode schema) {
    Deque<Iterator<JsonNode>> path = new ArrayDeque<>();
    path.push(schema.elements());
    int values = 1;
    while (!path.isEmpty()) {
      if (!path.peek().hasNext()) {
        path.pop();
        continue;
      }
      JsonNode value = path.peek().next();
      if (++values > MAX_VALUES) {
        throw unusable("it has more than %d values".formatted(MAX_VALUES));
      }
      if (path.size() > MAX_DEPTH) {
        throw unusable("it is nested more than %d deep".formatted(MAX_DEPTH));
      }
      if (value.isFloatingPointNumber() && !Double.isFinite(value.doubleValue())) {
        throw unusable("it has a number beyond the range of doubles");
      }
      path.push(value.elements());
    }
  }

  /** Every schema in the document, also where only a reference makes it one. */
  private List<JsonNode> schemas() {
    Set<JsonNode> found = Collections.newSetFromMap(new IdentityHashMap<>());
    List<JsonNode> ordered = new ArrayList<>();
    collect(root, found, ordered);
    // Those that only a reference makes schemas are found on the way.
    for (int i = 0; i < ordered.size(); i++) {
      for (String reference : REFERENCES) {
        JsonNode name = ordered.get(i).get(reference);
        if (name != null && name.isTextual()) {
          collect(target(name.textValue()), found, ordered);
        }
      }
    }
    return ordered;
  }

  private void collect(JsonNode from, Set<JsonNode> found, List<JsonNode> ordered) {
    Deque<JsonNode> waiting = new ArrayDeque<>(List.of(from));
    while (!waiting.isEmpty()) {
      JsonNode schema = waiting.pop();
      if (!schema.isObject() || !found.add(schema)) {
        continue;
      }
      ordered.add(schema);
      name(schema, "$anchor", "#");
      name(schema, "$dynamicAnchor", "#");
      name(schema, "$id", "");
      requirePatterns(schema);
      for (Map.Entry<String, JsonNode> keyword : schema.properties()) {
        if (SAME_PLACE.contains(keyword.getKey()) || BELOW.contains(keyword.getKey())) {
          waiting.push(keyword.getValue());
        }
        if (SEVERAL.contains(keyword.getKey())) {
          keyword.getValue().forEach(waiting::push);
        }
      }
    }
  }

  private void name(JsonNode schema, String keyword, String prefix) {
    JsonNode name = schema.get(keyword);
    if (name != null && name.isTextual()) {
      anchors.put(prefix + name.textValue(), schema);
    }
  }

  private static void requirePatterns(JsonNode schema) {
    JsonNode pattern = schema.get("pattern");
    if (pattern != null && pattern.isTextual()) {
      LinearPattern.compile(pattern.textValue(), PARAM);
    }
    JsonNode byPattern = schema.get("patternProperties");
    if (byPattern != null && byPattern.isObject()) {
      byPattern.fieldNames().forEachRemaining(name -> LinearPattern.compile(name, PARAM));
    }
  }

  /** How many schemas apply where this one does, itself included. */
  private long expansions(JsonNode schema, int chain) {
    if (schema == null || !schema.isObject()) {
      return 1;
    }
    Long known = expansions.get(schema);
    if (known != null) {
      if (known < 0) {
        throw unusable("it refers to itself without end");
      }
      return known;
    }
    if (chain > MAX_CHAIN) {
      throw unusable("more than %d schemas follow each other at one place".formatted(MAX_CHAIN));
    }
    expansions.put(schema, -1L);
    long sum = 1;
    for (Map.Entry<String, JsonNode> keyword : schema.properties()) {
      sum = added(sum, of(keyword.getKey(), keyword.getValue(), chain + 1));
    }
    expansions.put(schema, sum);
    return sum;
  }

  private long of(String keyword, JsonNode value, int chain) {
    if (REFERENCES.contains(keyword) && value.isTextual()) {
      return expansions(target(value.textValue()), chain);
    }
    if (SAME_PLACE.contains(keyword)) {
      return expansions(value, chain);
    }
    long sum = 0;
    if (SAME_PLACE_LISTS.contains(keyword) || keyword.equals("dependentSchemas")) {
      for (JsonNode each : value) {
        sum = added(sum, expansions(each, chain));
      }
    }
    return sum;
  }

  private static long added(long sum, long more) {
    if (sum + more > MAX_EXPANSIONS) {
      throw unusable(
          "with its references followed, more than %d schemas apply to one place"
              .formatted(MAX_EXPANSIONS));
    }
    return sum + more;
  }

  /** What a reference names: what cannot be found here could not be measured either. */
  private JsonNode target(String reference) {
    JsonNode found = reference.equals("#") ? root : anchors.get(reference);
    if (found == null) {
      found = byPointer(reference);
    }
    if (found == null) {
      throw unusable("it refers to '%s', which is not in it".formatted(shortened(reference)));
    }
    return found;
  }

  private static String shortened(String text) {
    return text.length() <= 80 ? text : text.substring(0, 80) + "\u2026";
  }

  private JsonNode byPointer(String reference) {
    int fragment = reference.indexOf("#/");
    if (fragment < 0) {
      return null;
    }
    JsonNode base = fragment == 0 ? root : anchors.get(reference.substring(0, fragment));
    JsonNode at = base;
    for (String part : reference.substring(fragment + 2).split("/", -1)) {
      if (at == null) {
        return null;
      }
      String name = decoded(part);
      at = at.isArray() && name.matches("\\d{1,6}") ? at.get(Integer.parseInt(name)) : at.get(name);
    }
    return at;
  }

  private static String decoded(String part) {
    String text;
    try {
      text = URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      text = part;
    }
    return text.replace("~1", "/").replace("~0", "~");
  }

  private static InvalidRewardException unusable(String why) {
    return new InvalidRewardException(
        "invalid_schema", "the JSON Schema cannot be used: " + why, PARAM);
  }
}
