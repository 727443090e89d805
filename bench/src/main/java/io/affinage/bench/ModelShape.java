package io.affinage.bench;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;

/**
 * The sizes of a Llama, as {@code config.json} says them.
 *
 * @param name by which it is asked for
 * @param like whose sizes they are
 * @param ropeFactor of Llama 3's scaling of long texts; 0 for none
 */
record ModelShape(
    String name,
    String like,
    int layers,
    int hidden,
    int heads,
    int kvHeads,
    int feedForward,
    int vocabulary,
    boolean tiedHead,
    int ropeFactor) {

  /** All that can be asked for; the first is for trying, and takes seconds. */
  static final List<ModelShape> ALL =
      List.of(
          new ModelShape("tiny", "no model", 4, 384, 6, 2, 1024, 4096, false, 8),
          new ModelShape("1b", "Llama-3.2-1B", 16, 2048, 32, 8, 8192, 128256, true, 32),
          new ModelShape("3b", "Llama-3.2-3B", 28, 3072, 24, 8, 8192, 128256, true, 32),
          new ModelShape("8b", "Llama-3.1-8B", 32, 4096, 32, 8, 14336, 128256, false, 8),
          new ModelShape(
              "32b", "Qwen2.5-32B, without biases", 64, 5120, 40, 8, 27648, 152064, false, 0),
          new ModelShape("70b", "Llama-3.1-70B", 80, 8192, 64, 8, 28672, 128256, false, 8));

  static List<String> names() {
    return ALL.stream().map(ModelShape::name).toList();
  }

  static Optional<ModelShape> named(String name) {
    return ALL.stream().filter(shape -> shape.name.equals(name)).findFirst();
  }

  private int headDim() {
    return hidden / heads;
  }

  /** {@code config.json} of a plain model of this shape. */
  ObjectNode config() {
    ObjectNode json = new JsonMapper().createObjectNode();
    json.putArray("architectures").add("LlamaForCausalLM");
    json.put("model_type", "llama")
        .put("attention_bias", false)
        .put("attention_dropout", 0.0)
        .put("head_dim", headDim())
        .put("hidden_act", "silu")
        .put("hidden_size", hidden)
        .put("initializer_range", 0.02)
        .put("intermediate_size", feedForward)
        .put("max_position_embeddings", 131072)
        .put("mlp_bias", false)
        .put("num_attention_heads", heads)
        .put("num_hidden_layers", layers)
        .put("num_key_value_heads", kvHeads)
        .put("rms_norm_eps", 1e-5)
        .put("rope_theta", 500000.0)
        .put("tie_word_embeddings", tiedHead)
        .put("torch_dtype", "bfloat16")
        .put("vocab_size", vocabulary);
    if (ropeFactor > 0) {
      json.putObject("rope_scaling")
          .put("factor", (double) ropeFactor)
          .put("high_freq_factor", 4.0)
          .put("low_freq_factor", 1.0)
          .put("original_max_position_embeddings", 8192)
          .put("rope_type", "llama3");
    }
    return json;
  }

  /** Weights of a block's linear layers. */
  long blockWeights() {
    long kv = (long) kvHeads * headDim();
    return 2L * hidden * hidden + 2 * hidden * kv + 3L * hidden * feedForward;
  }

  /** Weights of the output head. */
  long headWeights() {
    return (long) vocabulary * hidden;
  }

  /** Numbers of LoRA matrices of this rank beside all linear layers. */
  long loraNumbers(int rank) {
    long kv = (long) kvHeads * headDim();
    long block = 2L * (2 * hidden) + 2 * (hidden + kv) + 3L * (hidden + feedForward);
    return rank * block * layers;
  }
}
