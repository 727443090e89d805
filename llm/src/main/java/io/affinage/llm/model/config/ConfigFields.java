package io.affinage.llm.model.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.checkpoint.ModelMetadata;
import io.affinage.llm.error.LlmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;

/** The fields of a {@code config.json} as the families' readers ask for them. */
final class ConfigFields {
  private final ModelMetadata source;
  private final ObjectNode json;

  ConfigFields(ModelMetadata source) {
    this.source = source;
    this.json = source.json();
  }

  ModelMetadata source() {
    return source;
  }

  ObjectNode json() {
    return json;
  }

  int positive(String name) {
    return source.positive(name);
  }

  int positive(String name, int otherwise) {
    return source.positive(name, otherwise);
  }

  /** The width of one head where heads share a width: they must divide it. */
  int dividedByHeads(String name, int width, int heads) {
    if (width % heads != 0) {
      throw new IllegalArgumentException(
          "%s %d is not a multiple of the number of heads, %d".formatted(name, width, heads));
    }
    return width / heads;
  }

  double number(String name, double otherwise) {
    return source.number(name, otherwise);
  }

  boolean flag(String name, boolean otherwise) {
    return source.flag(name, otherwise);
  }

  /** A field that is there and not null. */
  boolean has(String name) {
    return source.field(name).isPresent();
  }

  /** The meaning of a text field; texts without one are refused. */
  <T> T choice(String name, String otherwise, Map<String, T> meanings) {
    String text = source.field(name).map(JsonNode::asText).orElse(otherwise);
    T meaning = meanings.get(text);
    if (meaning == null) {
      throw unsupported(
          "%s '%s' is not supported; supported are %s"
              .formatted(
                  name, text, String.join(", ", meanings.keySet().stream().sorted().toList())));
    }
    return meaning;
  }

  /** Refuses a field that is set to something other than false, null or an empty value. */
  void refuse(String name, String what) {
    Optional<JsonNode> field = source.field(name);
    boolean set =
        field
            .map(
                node ->
                    node.isBoolean()
                        ? node.booleanValue()
                        : !node.isContainerNode() || !node.isEmpty())
            .orElse(false);
    if (set) {
      throw unsupported("%s is set, but %s are not supported".formatted(name, what));
    }
  }

  /** Refuses a whole number other than the one that changes nothing. */
  void refuseOtherThan(String name, double neutral, String what) {
    if (source.number(name, neutral) != neutral) {
      throw unsupported("%s is set, but %s is not supported".formatted(name, what));
    }
  }

  /**
   * By layer, whether it is windowed: {@code layer_types}, or a rule where there is no such field.
   */
  List<Boolean> windowed(int layers, IntPredicate otherwise) {
    JsonNode types = json.path("layer_types");
    List<Boolean> windowed = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      if (!types.isArray()) {
        windowed.add(otherwise.test(layer));
        continue;
      }
      String type = types.path(layer).asText();
      if (!type.equals("full_attention") && !type.equals("sliding_attention")) {
        throw unsupported(
            "layer_types has '%s' for layer %d; supported are full_attention, sliding_attention"
                .formatted(type, layer));
      }
      windowed.add(type.equals("sliding_attention"));
    }
    return windowed;
  }

  LlmException unsupported(String problem) {
    return new LlmException(
        "model_architecture_unsupported", "%s: %s".formatted(source.source(), problem));
  }
}
