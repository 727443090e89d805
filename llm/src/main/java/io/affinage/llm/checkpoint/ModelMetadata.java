package io.affinage.llm.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.error.LlmException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.StreamSupport;

/**
 * A model's configuration in the terms of Hugging Face's {@code config.json}, whatever file it came
 * from.
 *
 * @param source the file it was read from, for error messages
 * @param json all fields; a copy, so changing it changes nothing here
 */
public record ModelMetadata(String source, ObjectNode json) {

  public ModelMetadata {
    Objects.requireNonNull(source, "source");
    json = json.deepCopy();
  }

  /** All fields (a copy). */
  @Override
  public ObjectNode json() {
    return json.deepCopy();
  }

  /** The model classes named, such as {@code LlamaForCausalLM}; may be empty. */
  public List<String> architectures() {
    return StreamSupport.stream(json.path("architectures").spliterator(), false)
        .map(JsonNode::asText)
        .toList();
  }

  /** A field that may be missing or null. */
  public Optional<JsonNode> field(String name) {
    JsonNode node = json.path(name);
    return node.isMissingNode() || node.isNull() ? Optional.empty() : Optional.of(node.deepCopy());
  }

  /** A text that must be there. */
  public String text(String name) {
    JsonNode node = json.path(name);
    if (!node.isTextual()) {
      throw invalid(name, "a text");
    }
    return node.textValue();
  }

  /** A whole number of at least 1 that must be there: sizes and counts. */
  public int positive(String name) {
    JsonNode node = json.path(name);
    if (!node.isIntegralNumber() || !node.canConvertToInt() || node.intValue() < 1) {
      throw invalid(name, "a whole number of at least 1");
    }
    return node.intValue();
  }

  /** As {@link #positive(String)}, with a value for a missing or null field. */
  public int positive(String name, int otherwise) {
    return field(name).isEmpty() ? otherwise : positive(name);
  }

  /** A finite number, with a value for a missing or null field. */
  public double number(String name, double otherwise) {
    JsonNode node = json.path(name);
    if (node.isMissingNode() || node.isNull()) {
      return otherwise;
    }
    if (!node.isNumber() || !Double.isFinite(node.doubleValue())) {
      throw invalid(name, "a finite number");
    }
    return node.doubleValue();
  }

  /** A yes or no, with a value for a missing or null field. */
  public boolean flag(String name, boolean otherwise) {
    JsonNode node = json.path(name);
    if (node.isMissingNode() || node.isNull()) {
      return otherwise;
    }
    if (!node.isBoolean()) {
      throw invalid(name, "true or false");
    }
    return node.booleanValue();
  }

  private LlmException invalid(String name, String expected) {
    JsonNode node = json.path(name);
    String found = node.isMissingNode() ? "it is missing" : "found " + shortened(node.toString());
    return new LlmException(
        "config_invalid", "%s: %s must be %s, but %s".formatted(source, name, expected, found));
  }

  private static String shortened(String text) {
    return text.length() <= 80 ? text : text.substring(0, 80) + "...";
  }
}
