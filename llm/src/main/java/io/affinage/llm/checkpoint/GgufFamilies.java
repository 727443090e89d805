package io.affinage.llm.checkpoint;

import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Every family that GGUF files are read and written for; one entry each. */
final class GgufFamilies {
  private static final String ATTENTION_BIAS = "attention_bias";
  private static final String MLP_BIAS = "mlp_bias";
  private static final String ALWAYS = "";

  private static final Map<GgufKey, String> SIZES =
      Map.of(
          GgufKey.CONTEXT, "max_position_embeddings",
          GgufKey.WIDTH, "hidden_size",
          GgufKey.BLOCKS, "num_hidden_layers",
          GgufKey.FEED_FORWARD, "intermediate_size",
          GgufKey.HEADS, "num_attention_heads",
          GgufKey.KV_HEADS, "num_key_value_heads",
          GgufKey.KEY_LENGTH, "head_dim",
          GgufKey.RMS_EPSILON, "rms_norm_eps",
          GgufKey.ROPE_BASE, "rope_theta");

  private static final Map<String, String> SILU = Map.of("hidden_act", "silu");

  private static final GgufNames LLAMA_NAMES =
      new GgufNames(
          Map.of(
              "token_embd", "model.embed_tokens",
              "output_norm", "model.norm",
              "output", "lm_head"),
          "model.layers.",
          Map.of(
              "attn_norm", "input_layernorm",
              "attn_q", "self_attn.q_proj",
              "attn_k", "self_attn.k_proj",
              "attn_v", "self_attn.v_proj",
              "attn_output", "self_attn.o_proj",
              "ffn_norm", "post_attention_layernorm",
              "ffn_gate", "mlp.gate_proj",
              "ffn_up", "mlp.up_proj",
              "ffn_down", "mlp.down_proj"));

  private static final Set<String> QUERIES_AND_KEYS = Set.of("attn_q", "attn_k");

  /** llama.cpp knows no window here; the key is what tells this library of one. */
  private static final GgufFamily MISTRAL =
      new GgufFamily(
          "llama",
          "MistralForCausalLM",
          "mistral",
          with(SIZES, GgufKey.WINDOW, "sliding_window"),
          SILU,
          LLAMA_NAMES,
          Map.of(),
          QUERIES_AND_KEYS);

  private static final GgufFamily LLAMA =
      new GgufFamily(
          "llama",
          "LlamaForCausalLM",
          "llama",
          SIZES,
          SILU,
          LLAMA_NAMES,
          biases(
              Map.of(
                  ATTENTION_BIAS, List.of("attn_q", "attn_k", "attn_v", "attn_output"),
                  MLP_BIAS, List.of("ffn_gate", "ffn_up", "ffn_down"))),
          QUERIES_AND_KEYS);

  private static final GgufFamily QWEN2 =
      new GgufFamily(
          "qwen2",
          "Qwen2ForCausalLM",
          "qwen2",
          SIZES,
          SILU,
          LLAMA_NAMES,
          biases(Map.of(ALWAYS, List.of("attn_q", "attn_k", "attn_v"))),
          Set.of());

  private static final GgufFamily QWEN3 =
      new GgufFamily(
          "qwen3",
          "Qwen3ForCausalLM",
          "qwen3",
          SIZES,
          SILU,
          inBlock(
              LLAMA_NAMES,
              Map.of("attn_q_norm", "self_attn.q_norm", "attn_k_norm", "self_attn.k_norm")),
          Map.of(),
          Set.of());

  /** Where two share an architecture, the one with a window first. */
  static final List<GgufFamily> ALL = List.of(MISTRAL, LLAMA, QWEN2, QWEN3);

  private GgufFamilies() {}

  private static Map<GgufKey, String> with(Map<GgufKey, String> fields, GgufKey key, String field) {
    Map<GgufKey, String> more = new EnumMap<>(fields);
    more.put(key, field);
    return more;
  }

  private static GgufNames inBlock(GgufNames names, Map<String, String> more) {
    Map<String, String> all = new HashMap<>(names.inBlock());
    all.putAll(more);
    return new GgufNames(names.outer(), names.blocks(), all);
  }

  private static Map<String, String> biases(Map<String, List<String>> modulesByFlag) {
    Map<String, String> flags = new HashMap<>();
    modulesByFlag.forEach((flag, modules) -> modules.forEach(module -> flags.put(module, flag)));
    return flags;
  }
}
