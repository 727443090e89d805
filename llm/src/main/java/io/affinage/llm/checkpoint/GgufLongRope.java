package io.affinage.llm.checkpoint;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.error.LlmException;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;

/**
 * LongRoPE as GGUF has it: what each frequency is divided by, in two tensors, beside what cosines
 * and sines are multiplied by and the context that the model was trained on.
 */
public final class GgufLongRope {
  public static final String SHORT_FACTORS = "rope_factors_short.weight";
  public static final String LONG_FACTORS = "rope_factors_long.weight";
  public static final String ATTENTION_FACTOR = "rope.scaling.attn_factor";
  public static final String ORIGINAL_CONTEXT = "rope.scaling.original_context_length";

  /** The architecture whose files have it. */
  public static final String ARCHITECTURE = "phi3";

  private GgufLongRope() {}

  static boolean isOf(String tensor) {
    return tensor.equals(SHORT_FACTORS) || tensor.equals(LONG_FACTORS);
  }

  /**
   * Its {@code rope_scaling}; empty for a file without its tensors.
   *
   * @throws LlmException {@code model_architecture_unsupported}
   */
  static Optional<ObjectNode> scaling(GgufFile file, String architecture, int headSize) {
    List<GgufTensor> tensors =
        file.tensors().stream().filter(tensor -> isOf(tensor.name())).toList();
    if (tensors.isEmpty()) {
      return Optional.empty();
    }
    if (!architecture.equals(ARCHITECTURE) || tensors.size() != 2) {
      throw unsupported(
          file,
          "%d tensors of LongRoPE in a %s; supported are two in a %s"
              .formatted(tensors.size(), architecture, ARCHITECTURE));
    }
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("rope_type", "longrope");
    for (GgufTensor tensor : tensors) {
      String field = tensor.name().equals(SHORT_FACTORS) ? "short_factor" : "long_factor";
      json.set(field, factors(file, tensor, headSize));
    }
    String prefix = architecture + ".";
    json.put(
        "attention_factor",
        file.value(prefix + ATTENTION_FACTOR).map(GgufValue::asDouble).orElse(1.0));
    json.put("original_max_position_embeddings", file.positive(prefix + ORIGINAL_CONTEXT));
    return Optional.of(json);
  }

  private static ArrayNode factors(GgufFile file, GgufTensor tensor, int headSize) {
    if (tensor.type() != StorageType.F32
        || tensor.shape().length != 1
        || tensor.shape()[0] > headSize / 2) {
      throw unsupported(
          file, "tensor %s is not at most %d F32 numbers".formatted(tensor.name(), headSize / 2));
    }
    int count = (int) tensor.shape()[0];
    FloatBuffer stored = file.mapped().slice(tensor.offset(), count * Float.BYTES).asFloatBuffer();
    ArrayNode factors = JsonNodeFactory.instance.arrayNode();
    for (int i = 0; i < count; i++) {
      factors.add((double) stored.get(i));
    }
    return factors;
  }

  private static LlmException unsupported(GgufFile file, String problem) {
    return new LlmException(
        "model_architecture_unsupported", "%s: %s".formatted(file.path(), problem));
  }
}
