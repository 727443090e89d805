package io.affinage.llm.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.error.LlmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * The fields of PEFT's {@code adapter_config.json}, crossed off as they are read, so that what is
 * not understood can be refused.
 *
 * <p>Error codes: {@code adapter_config_invalid}, {@code adapter_config_unsupported}.
 */
public final class PeftFields {
  private final String source;
  private final ObjectNode json;
  private final Set<String> rest;

  /**
   * @param source names the file in errors
   * @param irrelevant fields that say nothing about the adapter itself
   */
  public PeftFields(String source, ObjectNode json, Set<String> irrelevant) {
    this.source = source;
    this.json = json;
    this.rest = new TreeSet<>();
    json.fieldNames().forEachRemaining(rest::add);
    rest.removeAll(irrelevant);
  }

  /** A field as it stands; a missing node where there is none. */
  public JsonNode take(String name) {
    rest.remove(name);
    return json.path(name);
  }

  /** Empty for null too. */
  public Optional<String> text(String name) {
    JsonNode node = take(name);
    if (absent(node)) {
      return Optional.empty();
    }
    if (!node.isTextual()) {
      throw wrong(name, "a text");
    }
    return Optional.of(node.textValue());
  }

  /** False where there is none. */
  public boolean flag(String name) {
    JsonNode node = take(name);
    if (!absent(node) && !node.isBoolean()) {
      throw wrong(name, "true or false");
    }
    return node.asBoolean(false);
  }

  /**
   * @param otherwise where there is none
   */
  public double number(String name, double otherwise) {
    JsonNode node = take(name);
    if (absent(node)) {
      return otherwise;
    }
    if (!node.isNumber() || name.equals("r") && !node.canConvertToExactIntegral()) {
      throw wrong(name, "a number");
    }
    return node.doubleValue();
  }

  /** A list of texts; none where there is none. */
  public List<String> texts(String name) {
    return texts(name, take(name));
  }

  /** The same of a field that was taken. */
  public List<String> texts(String name, JsonNode node) {
    if (absent(node)) {
      return List.of();
    }
    var texts = new ArrayList<String>();
    for (JsonNode element : node) {
      if (!element.isTextual()) {
        throw wrong(name, "a list of texts");
      }
      texts.add(element.textValue());
    }
    if (!node.isArray()) {
      throw wrong(name, "a list of texts");
    }
    return texts;
  }

  /** One whole number counts as a list of one. */
  public List<Integer> integers(String name) {
    JsonNode node = take(name);
    if (absent(node)) {
      return List.of();
    }
    if (node.isInt()) {
      return List.of(node.intValue());
    }
    var numbers = new ArrayList<Integer>();
    for (JsonNode element : node) {
      if (!element.isInt()) {
        throw wrong(name, "a list of whole numbers");
      }
      numbers.add(element.intValue());
    }
    return numbers;
  }

  /** Numbers by name. */
  public <T> Map<String, T> map(String name, Function<JsonNode, T> value) {
    JsonNode node = take(name);
    var map = new TreeMap<String, T>();
    if (!absent(node)) {
      node.properties()
          .forEach(
              field -> {
                if (!field.getValue().isNumber()) {
                  throw wrong(name, "an object of numbers");
                }
                map.put(field.getKey(), value.apply(field.getValue()));
              });
    }
    return map;
  }

  /**
   * Refuses what was not read, unless it is null, false or empty.
   *
   * @throws LlmException {@code adapter_config_unsupported}
   */
  public void requireRestNeutral() {
    for (String name : rest) {
      JsonNode node = json.get(name);
      boolean neutral =
          node.isNull()
              || node.isBoolean() && !node.booleanValue()
              || node.isContainerNode() && node.isEmpty();
      if (!neutral) {
        throw new LlmException(
            "adapter_config_unsupported",
            "%s: %s = %s is not supported".formatted(source, name, node));
      }
    }
  }

  private static boolean absent(JsonNode node) {
    return node.isMissingNode() || node.isNull();
  }

  private LlmException wrong(String name, String expected) {
    return new LlmException(
        "adapter_config_invalid",
        "%s: %s must be %s, but is %s".formatted(source, name, expected, json.get(name)));
  }
}
