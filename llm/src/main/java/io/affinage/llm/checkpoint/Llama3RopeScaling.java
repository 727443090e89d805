package io.affinage.llm.checkpoint;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.error.LlmException;
import java.nio.FloatBuffer;

/**
 * Llama 3.1's rotary scaling, found back from its effect. GGUF stores what each frequency is
 * divided by; {@code config.json} stores the four numbers it is computed from. Three of them are
 * the same in every published model, the fourth is the largest divisor; that they explain the
 * stored numbers is checked.
 */
final class Llama3RopeScaling {

  private static final double LOW = 1;
  private static final double HIGH = 4;
  private static final int ORIGINAL_CONTEXT = 8192;
  private static final double TOLERANCE = 1e-4;

  private Llama3RopeScaling() {}

  static ObjectNode of(GgufFile file, String baseKey, GgufTensor tensor, int headSize) {
    int half = headSize / 2;
    if (tensor.type() != StorageType.F32
        || tensor.shape().length != 1
        || tensor.shape()[0] != half) {
      throw unexplained(file, "it is not %d F32 numbers".formatted(half));
    }
    var stored = new float[half];
    FloatBuffer.wrap(stored)
        .put(file.mapped().slice(tensor.offset(), half * Float.BYTES).asFloatBuffer());
    double base = file.value(baseKey).map(GgufValue::asDouble).orElse(10000.0);
    double factor = 1;
    for (float divisor : stored) {
      factor = Math.max(factor, divisor);
    }
    for (int i = 0; i < half; i++) {
      double expected = divisor(Math.pow(base, -2.0 * i / headSize), factor);
      if (!(Math.abs(stored[i] - expected) <= TOLERANCE * expected)) {
        throw unexplained(
            file, "number %d is %s where %s was expected".formatted(i, stored[i], expected));
      }
    }
    var json = JsonNodeFactory.instance.objectNode();
    json.put("rope_type", "llama3");
    json.put("factor", factor);
    json.put("low_freq_factor", LOW);
    json.put("high_freq_factor", HIGH);
    json.put("original_max_position_embeddings", ORIGINAL_CONTEXT);
    return json;
  }

  private static double divisor(double frequency, double factor) {
    double waveLength = 2 * Math.PI / frequency;
    if (waveLength < ORIGINAL_CONTEXT / HIGH) {
      return 1;
    }
    if (waveLength > ORIGINAL_CONTEXT / LOW) {
      return factor;
    }
    double smooth = (ORIGINAL_CONTEXT / waveLength - LOW) / (HIGH - LOW);
    return 1 / ((1 - smooth) / factor + smooth);
  }

  private static LlmException unexplained(GgufFile file, String problem) {
    return new LlmException(
        "model_architecture_unsupported",
        "%s: tensor %s is not that of Llama 3.1's RoPE scaling: %s"
            .formatted(file.path(), GgufConfiguration.ROPE_FREQUENCIES, problem));
  }
}
