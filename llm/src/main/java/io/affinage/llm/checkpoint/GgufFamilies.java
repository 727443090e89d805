package io.affinage.llm.checkpoint;

import static io.affinage.llm.checkpoint.GgufKey.BLOCKS;
import static io.affinage.llm.checkpoint.GgufKey.CONTEXT;
import static io.affinage.llm.checkpoint.GgufKey.EPSILON;
import static io.affinage.llm.checkpoint.GgufKey.FEED_FORWARD;
import static io.affinage.llm.checkpoint.GgufKey.HEADS;
import static io.affinage.llm.checkpoint.GgufKey.KEY_LENGTH;
import static io.affinage.llm.checkpoint.GgufKey.KV_HEADS;
import static io.affinage.llm.checkpoint.GgufKey.LOGIT_CAP;
import static io.affinage.llm.checkpoint.GgufKey.PARALLEL_RESIDUAL;
import static io.affinage.llm.checkpoint.GgufKey.RMS_EPSILON;
import static io.affinage.llm.checkpoint.GgufKey.ROPE_BASE;
import static io.affinage.llm.checkpoint.GgufKey.ROTATED;
import static io.affinage.llm.checkpoint.GgufKey.SCORE_CAP;
import static io.affinage.llm.checkpoint.GgufKey.WIDTH;
import static io.affinage.llm.checkpoint.GgufKey.WINDOW;
import static io.affinage.llm.checkpoint.GgufKey.WINDOW_PATTERN;
import static io.affinage.llm.checkpoint.GgufKey.WINDOW_ROPE_BASE;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.affinage.llm.checkpoint.GgufFamily.QueryScalar;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Every family that GGUF files are read and written for; one entry each. */
final class GgufFamilies {
  private static final Map<GgufKey, String> SIZES =
      Map.of(
          CONTEXT, "max_position_embeddings",
          WIDTH, "hidden_size",
          BLOCKS, "num_hidden_layers",
          FEED_FORWARD, "intermediate_size",
          HEADS, "num_attention_heads",
          ROPE_BASE, "rope_theta");

  private static final Map<GgufKey, String> LLAMA_FIELDS =
      both(
          SIZES,
          Map.of(
              KV_HEADS, "num_key_value_heads",
              KEY_LENGTH, "head_dim",
              RMS_EPSILON, "rms_norm_eps"));

  private static final Map<String, JsonNode> SILU = Map.of("hidden_act", TextNode.valueOf("silu"));

  private static final Map<String, String> OUTER =
      Map.of(
          "token_embd", "model.embed_tokens",
          "output_norm", "model.norm",
          "output", "lm_head");

  private static final Map<String, String> SEPARATE_ATTENTION =
      Map.of(
          "attn_norm", "input_layernorm",
          "attn_q", "self_attn.q_proj",
          "attn_k", "self_attn.k_proj",
          "attn_v", "self_attn.v_proj",
          "attn_output", "self_attn.o_proj");

  private static final Map<String, String> HEAD_NORMS =
      Map.of("attn_q_norm", "self_attn.q_norm", "attn_k_norm", "self_attn.k_norm");

  private static final Map<String, String> GATED =
      Map.of("ffn_gate", "mlp.gate_proj", "ffn_up", "mlp.up_proj", "ffn_down", "mlp.down_proj");

  private static final GgufNames LLAMA_NAMES =
      new GgufNames(
          OUTER,
          "model.layers.",
          both(SEPARATE_ATTENTION, both(GATED, Map.of("ffn_norm", "post_attention_layernorm"))));

  private static final Map<String, GgufForm> ROTARY_PAIRS =
      forms(GgufForm.ROTARY_PAIRS, "attn_q", "attn_k");

  private static final String ALWAYS = "";

  private static final Map<String, String> LLAMA_BIASES =
      both(
          biases("attention_bias", "attn_q", "attn_k", "attn_v", "attn_output"),
          biases("mlp_bias", "ffn_gate", "ffn_up", "ffn_down"));

  private static final GgufFamily LLAMA =
      new GgufFamily(
          "llama",
          "LlamaForCausalLM",
          "llama",
          LLAMA_FIELDS,
          SILU,
          Optional.empty(),
          false,
          LLAMA_NAMES,
          LLAMA_BIASES,
          ROTARY_PAIRS);

  /** llama.cpp has no window here; the key tells this library of one. */
  private static final GgufFamily MISTRAL =
      new GgufFamily(
          "llama",
          "MistralForCausalLM",
          "mistral",
          both(LLAMA_FIELDS, Map.of(WINDOW, "sliding_window")),
          SILU,
          Optional.empty(),
          false,
          LLAMA_NAMES,
          Map.of(),
          ROTARY_PAIRS);

  private static final GgufFamily QWEN2 =
      new GgufFamily(
          "qwen2",
          "Qwen2ForCausalLM",
          "qwen2",
          LLAMA_FIELDS,
          SILU,
          Optional.empty(),
          false,
          LLAMA_NAMES,
          biases(ALWAYS, "attn_q", "attn_k", "attn_v"),
          Map.of());

  private static final GgufFamily QWEN3 =
      new GgufFamily(
          "qwen3",
          "Qwen3ForCausalLM",
          "qwen3",
          LLAMA_FIELDS,
          SILU,
          Optional.empty(),
          false,
          LLAMA_NAMES.with(HEAD_NORMS),
          Map.of(),
          Map.of());

  /** llama.cpp leaves every fourth layer without rotation. */
  private static final GgufFamily SMOLLM3 =
      new GgufFamily(
          "smollm3",
          "SmolLM3ForCausalLM",
          "smollm3",
          LLAMA_FIELDS,
          both(SILU, Map.of("no_rope_layer_interval", IntNode.valueOf(4))),
          Optional.empty(),
          false,
          LLAMA_NAMES,
          Map.of(),
          ROTARY_PAIRS);

  /** llama.cpp has switched the windows of this family off. */
  private static final GgufFamily PHI3 =
      new GgufFamily(
          "phi3",
          "Phi3ForCausalLM",
          "phi3",
          both(LLAMA_FIELDS, Map.of(ROTATED, "partial_rotary_factor", WINDOW, "sliding_window")),
          SILU,
          Optional.empty(),
          false,
          new GgufNames(
              OUTER,
              "model.layers.",
              Map.of(
                  "attn_norm", "input_layernorm",
                  "attn_qkv", "self_attn.qkv_proj",
                  "attn_output", "self_attn.o_proj",
                  "ffn_norm", "post_attention_layernorm",
                  "ffn_up", "mlp.gate_up_proj",
                  "ffn_down", "mlp.down_proj")),
          Map.of(),
          Map.of());

  private static final Map<String, JsonNode> TANH_GELU =
      Map.of("hidden_activation", TextNode.valueOf("gelu_pytorch_tanh"));

  private static final GgufNames GEMMA_NAMES =
      new GgufNames(
          OUTER,
          "model.layers.",
          both(
              both(SEPARATE_ATTENTION, GATED),
              Map.of(
                  "post_attention_norm", "post_attention_layernorm",
                  "ffn_norm", "pre_feedforward_layernorm",
                  "post_ffw_norm", "post_feedforward_layernorm")));

  private static final Map<String, GgufForm> GEMMA_NORMS =
      forms(
          GgufForm.ONE_MORE,
          "attn_norm",
          "attn_q_norm",
          "attn_k_norm",
          "post_attention_norm",
          "ffn_norm",
          "post_ffw_norm",
          "output_norm");

  private static final GgufFamily GEMMA =
      new GgufFamily(
          "gemma",
          "GemmaForCausalLM",
          "gemma",
          LLAMA_FIELDS,
          Map.of("hidden_act", TextNode.valueOf("gelu_pytorch_tanh")),
          Optional.empty(),
          false,
          LLAMA_NAMES,
          Map.of(),
          GEMMA_NORMS);

  private static final GgufFamily GEMMA2 =
      new GgufFamily(
          "gemma2",
          "Gemma2ForCausalLM",
          "gemma2",
          both(
              LLAMA_FIELDS,
              Map.of(
                  WINDOW, "sliding_window",
                  SCORE_CAP, "attn_logit_softcapping",
                  LOGIT_CAP, "final_logit_softcapping")),
          TANH_GELU,
          Optional.of(new QueryScalar("query_pre_attn_scalar", 46)),
          true,
          GEMMA_NAMES,
          Map.of(),
          GEMMA_NORMS);

  private static final GgufFamily GEMMA3 =
      new GgufFamily(
          "gemma3",
          "Gemma3ForCausalLM",
          "gemma3_text",
          both(
              LLAMA_FIELDS,
              Map.of(
                  WINDOW, "sliding_window",
                  WINDOW_PATTERN, "sliding_window_pattern",
                  WINDOW_ROPE_BASE, "rope_local_base_freq")),
          TANH_GELU,
          Optional.of(new QueryScalar("query_pre_attn_scalar", 62)),
          true,
          GEMMA_NAMES.with(HEAD_NORMS),
          Map.of(),
          GEMMA_NORMS);

  private static final GgufFamily GPT2 =
      new GgufFamily(
          "gpt2",
          "GPT2LMHeadModel",
          "gpt2",
          Map.of(
              CONTEXT, "n_positions",
              WIDTH, "n_embd",
              BLOCKS, "n_layer",
              FEED_FORWARD, "n_inner",
              HEADS, "n_head",
              EPSILON, "layer_norm_epsilon"),
          Map.of("activation_function", TextNode.valueOf("gelu_new")),
          Optional.empty(),
          false,
          new GgufNames(
              Map.of(
                  "token_embd", "transformer.wte",
                  "position_embd", "transformer.wpe",
                  "output_norm", "transformer.ln_f",
                  "output", "lm_head"),
              "transformer.h.",
              Map.of(
                  "attn_norm", "ln_1",
                  "attn_qkv", "attn.c_attn",
                  "attn_output", "attn.c_proj",
                  "ffn_norm", "ln_2",
                  "ffn_up", "mlp.c_fc",
                  "ffn_down", "mlp.c_proj")),
          biases(ALWAYS, "attn_qkv", "attn_output", "ffn_up", "ffn_down"),
          forms(GgufForm.TRANSPOSED, "attn_qkv", "attn_output", "ffn_up", "ffn_down"));

  private static final GgufFamily GPT_NEOX =
      new GgufFamily(
          "gptneox",
          "GPTNeoXForCausalLM",
          "gpt_neox",
          both(
              SIZES,
              Map.of(
                  ROTATED, "rotary_pct",
                  EPSILON, "layer_norm_eps",
                  PARALLEL_RESIDUAL, "use_parallel_residual")),
          Map.of("hidden_act", TextNode.valueOf("gelu")),
          Optional.empty(),
          false,
          new GgufNames(
              Map.of(
                  "token_embd", "gpt_neox.embed_in",
                  "output_norm", "gpt_neox.final_layer_norm",
                  "output", "embed_out"),
              "gpt_neox.layers.",
              Map.of(
                  "attn_norm", "input_layernorm",
                  "attn_qkv", "attention.query_key_value",
                  "attn_output", "attention.dense",
                  "ffn_norm", "post_attention_layernorm",
                  "ffn_up", "mlp.dense_h_to_4h",
                  "ffn_down", "mlp.dense_4h_to_h")),
          biases(ALWAYS, "attn_qkv", "attn_output", "ffn_up", "ffn_down"),
          forms(GgufForm.PARTS_OF_HEADS, "attn_qkv"));

  static final List<GgufFamily> ALL =
      List.of(LLAMA, MISTRAL, QWEN2, QWEN3, SMOLLM3, PHI3, GEMMA, GEMMA2, GEMMA3, GPT2, GPT_NEOX);

  private GgufFamilies() {}

  static <K, V> Map<K, V> both(Map<K, V> one, Map<K, V> other) {
    Map<K, V> all = new HashMap<>(one);
    all.putAll(other);
    return Map.copyOf(all);
  }

  private static Map<String, String> biases(String flag, String... modules) {
    Map<String, String> flags = new HashMap<>();
    for (String module : modules) {
      flags.put(module, flag);
    }
    return flags;
  }

  private static Map<String, GgufForm> forms(GgufForm form, String... modules) {
    Map<String, GgufForm> forms = new HashMap<>();
    for (String module : modules) {
      forms.put(module, form);
    }
    return forms;
  }
}
