package io.affinage.llm.checkpoint;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.error.LlmException;
import java.util.Optional;

/** The scaling of a GGUF file's rotary embedding as {@code rope_scaling} of a configuration. */
final class GgufRope {

  private GgufRope() {}

  /**
   * @throws LlmException {@code model_architecture_unsupported}
   */
  static Optional<ObjectNode> scaling(GgufFile file, String architecture, int headSize) {
    Optional<GgufTensor> frequencies =
        file.tensors().stream()
            .filter(tensor -> tensor.name().equals(GgufConfiguration.ROPE_FREQUENCIES))
            .findFirst();
    if (frequencies.isPresent()) {
      String base = GgufKey.ROPE_BASE.of(architecture);
      return Optional.of(Llama3RopeScaling.of(file, base, frequencies.get(), headSize));
    }
    Optional<ObjectNode> longRope = GgufLongRope.scaling(file, architecture, headSize);
    if (longRope.isPresent()) {
      return longRope;
    }
    String prefix = architecture + ".rope.scaling.";
    String type = file.value(prefix + "type").map(GgufValue::asText).orElse("none");
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    switch (type) {
      case "none" -> {
        return Optional.empty();
      }
      case "linear" -> {
        json.put("rope_type", "linear");
        json.put("factor", file.require(prefix + "factor").asDouble());
        return Optional.of(json);
      }
      case "yarn" -> {
        json.put("rope_type", "yarn");
        json.put("factor", file.require(prefix + "factor").asDouble());
        json.put(
            "original_max_position_embeddings", file.positive(prefix + "original_context_length"));
        return Optional.of(json);
      }
      default ->
          throw new LlmException(
              "model_architecture_unsupported",
              "%s: RoPE scaling %s is not supported".formatted(file.path(), type));
    }
  }
}
