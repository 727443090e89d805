package io.affinage.llm.checkpoint;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.error.LlmException;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What GGUF files of the Llama family say, in Hugging Face's terms: tensor names, row orders and
 * the configuration.
 */
final class GgufLlama {

  /**
   * Holds the frequency factors of Llama 3.1's rotary embedding: part of the configuration, not a
   * weight.
   */
  static final String ROPE_FREQUENCIES = "rope_freqs.weight";

  private static final Pattern BLOCK =
      Pattern.compile("blk\\.(0|[1-9][0-9]{0,6})\\.([a-z_]+)\\.(weight|bias)");

  private static final Map<String, String> BLOCK_NAMES =
      Map.of(
          "attn_norm", "input_layernorm",
          "attn_q", "self_attn.q_proj",
          "attn_k", "self_attn.k_proj",
          "attn_v", "self_attn.v_proj",
          "attn_output", "self_attn.o_proj",
          "ffn_norm", "post_attention_layernorm",
          "ffn_gate", "mlp.gate_proj",
          "ffn_up", "mlp.up_proj",
          "ffn_down", "mlp.down_proj");

  private static final Map<String, String> OUTER_NAMES =
      Map.of(
          "token_embd.weight", "model.embed_tokens.weight",
          "output_norm.weight", "model.norm.weight",
          "output.weight", "lm_head.weight");

  private final GgufFile file;
  private final int layers;
  private final int hidden;
  private final int heads;
  private final int headSize;

  /**
   * @throws LlmException {@code model_architecture_unsupported} for another architecture or an
   *     unsupported variant
   */
  GgufLlama(GgufFile file) {
    this.file = file;
    String architecture = file.require("general.architecture").asText();
    if (!architecture.equals("llama")) {
      throw unsupported(
          "architecture %s is not supported; supported are: llama".formatted(architecture));
    }
    if (file.value("llama.expert_count").map(GgufValue::asLong).orElse(0L) > 0) {
      throw unsupported("mixtures of experts (llama.expert_count) are not supported");
    }
    this.layers = positive("llama.block_count");
    this.hidden = positive("llama.embedding_length");
    this.heads = positive("llama.attention.head_count");
    this.headSize =
        file.value("llama.attention.key_length").isPresent()
            ? positive("llama.attention.key_length")
            : hidden / heads;
    if (headSize < 2 || headSize % 2 != 0) {
      throw unsupported("the head size must be even, but is %d".formatted(headSize));
    }
    int rotated =
        file.value("llama.rope.dimension_count").isPresent()
            ? positive("llama.rope.dimension_count")
            : headSize;
    if (rotated != headSize) {
      throw unsupported(
          "rotary embedding of %d of %d head dimensions is not supported"
              .formatted(rotated, headSize));
    }
    int valueSize =
        file.value("llama.attention.value_length").isPresent()
            ? positive("llama.attention.value_length")
            : headSize;
    if (valueSize != headSize) {
      throw unsupported(
          "values of %d and keys of %d dimensions are not supported"
              .formatted(valueSize, headSize));
    }
  }

  /** Hugging Face's name of a tensor. */
  String name(String ggmlName) {
    String outer = OUTER_NAMES.get(ggmlName);
    if (outer != null) {
      return outer;
    }
    Matcher block = BLOCK.matcher(ggmlName);
    if (block.matches()
        && BLOCK_NAMES.containsKey(block.group(2))
        && Integer.parseInt(block.group(1)) < layers) {
      return "model.layers.%s.%s.%s"
          .formatted(block.group(1), BLOCK_NAMES.get(block.group(2)), block.group(3));
    }
    throw unsupported(
        "there is no place for tensor %s in a llama of %d layers".formatted(ggmlName, layers));
  }

  /** In which order the rows of a tensor lie. */
  RowOrder rowOrder(GgufTensor tensor) {
    Matcher block = BLOCK.matcher(tensor.name());
    if (!block.matches() || !(block.group(2).equals("attn_q") || block.group(2).equals("attn_k"))) {
      return RowOrder.AS_IS;
    }
    if (tensor.shape().length == 0 || tensor.shape()[0] % headSize != 0) {
      throw unsupported(
          "tensor %s has no whole heads of %d rows".formatted(tensor.name(), headSize));
    }
    return new RowOrder.RotaryPairs(headSize);
  }

  /** The configuration as {@code config.json} of a {@code LlamaForCausalLM}. */
  ModelMetadata config() {
    GgufTensor embedding =
        tensor("token_embd.weight").orElseThrow(() -> missing("token_embd.weight"));
    if (embedding.shape().length != 2 || embedding.shape()[1] != hidden) {
      throw unsupported(
          "tensor token_embd.weight does not fit llama.embedding_length %d".formatted(hidden));
    }
    var json = JsonNodeFactory.instance.objectNode();
    json.putArray("architectures").add("LlamaForCausalLM");
    json.put("model_type", "llama");
    json.put("hidden_size", hidden);
    json.put("intermediate_size", positive("llama.feed_forward_length"));
    json.put("num_hidden_layers", layers);
    json.put("num_attention_heads", heads);
    json.put(
        "num_key_value_heads",
        file.value("llama.attention.head_count_kv").isPresent()
            ? positive("llama.attention.head_count_kv")
            : heads);
    json.put("head_dim", headSize);
    json.put("vocab_size", embedding.shape()[0]);
    json.put("rms_norm_eps", file.require("llama.attention.layer_norm_rms_epsilon").asDouble());
    json.put(
        "rope_theta", file.value("llama.rope.freq_base").map(GgufValue::asDouble).orElse(10000.0));
    ropeScaling().ifPresent(scaling -> json.set("rope_scaling", scaling));
    json.put("max_position_embeddings", positive("llama.context_length"));
    json.put("hidden_act", "silu");
    json.put("attention_bias", tensor("blk.0.attn_q.bias").isPresent());
    json.put("mlp_bias", tensor("blk.0.ffn_up.bias").isPresent());
    json.put("tie_word_embeddings", tensor("output.weight").isEmpty());
    json.put("torch_dtype", dtype());
    file.tokenizer()
        .ifPresent(
            tokenizer -> {
              putId(json, "bos_token_id", tokenizer.bosTokenId());
              putId(json, "eos_token_id", tokenizer.eosTokenId());
              putId(json, "pad_token_id", tokenizer.paddingTokenId());
            });
    return new ModelMetadata(file.path().toString(), json);
  }

  private static void putId(ObjectNode json, String field, OptionalInt id) {
    id.ifPresent(value -> json.put(field, value));
  }

  /**
   * The type most matrix elements have, where torch has it; quantized weights count as float32,
   * which they are read as.
   */
  private String dtype() {
    Map<StorageType, Long> elements =
        file.tensors().stream()
            .filter(tensor -> tensor.shape().length > 1)
            .collect(
                Collectors.groupingBy(
                    GgufTensor::type, Collectors.summingLong(GgufTensor::byteLength)));
    return elements.entrySet().stream()
        .max(
            Map.Entry.<StorageType, Long>comparingByValue()
                .thenComparing(Map.Entry.comparingByKey()))
        .map(
            entry ->
                switch (entry.getKey()) {
                  case F16 -> "float16";
                  case BF16 -> "bfloat16";
                  default -> "float32";
                })
        .orElse("float32");
  }

  private Optional<ObjectNode> ropeScaling() {
    var json = JsonNodeFactory.instance.objectNode();
    String type = file.value("llama.rope.scaling.type").map(GgufValue::asText).orElse("none");
    Optional<GgufTensor> frequencies = tensor(ROPE_FREQUENCIES);
    if (frequencies.isPresent()) {
      return Optional.of(Llama3RopeScaling.of(file, frequencies.get(), headSize));
    }
    switch (type) {
      case "none" -> {
        return Optional.empty();
      }
      case "linear" -> {
        json.put("rope_type", "linear");
        json.put("factor", file.require("llama.rope.scaling.factor").asDouble());
        return Optional.of(json);
      }
      case "yarn" -> {
        json.put("rope_type", "yarn");
        json.put("factor", file.require("llama.rope.scaling.factor").asDouble());
        json.put(
            "original_max_position_embeddings",
            positive("llama.rope.scaling.original_context_length"));
        return Optional.of(json);
      }
      default -> throw unsupported("RoPE scaling %s is not supported".formatted(type));
    }
  }

  private Optional<GgufTensor> tensor(String name) {
    return file.tensors().stream().filter(tensor -> tensor.name().equals(name)).findFirst();
  }

  private int positive(String key) {
    int value = file.require(key).asInt();
    if (value < 1) {
      throw new LlmException(
          "checkpoint_header_invalid",
          "%s: metadata %s must be at least 1, but is %d".formatted(file.path(), key, value));
    }
    return value;
  }

  private LlmException missing(String tensor) {
    return new LlmException(
        "checkpoint_tensor_missing", "%s has no tensor %s".formatted(file.path(), tensor));
  }

  private LlmException unsupported(String problem) {
    return new LlmException(
        "model_architecture_unsupported", "%s: %s".formatted(file.path(), problem));
  }
}
