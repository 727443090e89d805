package io.affinage.llm.model.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.model.config.FeedForwardForm.Activation;
import io.affinage.llm.model.config.Normalization.Kind;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;

/**
 * Gemma (Gemma Team 2024), with scaled embeddings; Gemma 2 (2024) and the text part of Gemma 3
 * (2025), with norms around what attention and feed-forward layer add, windowed layers between
 * others, and soft caps.
 */
final class GemmaFamily {
  private static final String GLOBAL = "full_attention";
  private static final String LOCAL = "sliding_attention";

  private GemmaFamily() {}

  static ConfigDraft gemma(ConfigFields fields) {
    ConfigDraft draft = base(fields);
    // The first releases say gelu and mean its approximation, as the reference knows.
    draft.activation =
        fields.choice(
            "hidden_act",
            "gelu_pytorch_tanh",
            Map.of("gelu", Activation.GELU_TANH, "gelu_pytorch_tanh", Activation.GELU_TANH));
    draft.rotary =
        List.of(RopeFields.of(fields).readWhole(draft.shape.headDim(), 10_000, RopeFields.STEADY));
    draft.norm(NormSlot.FEED_FORWARD_INPUT, "post_attention_layernorm");
    return draft;
  }

  static ConfigDraft gemma2(ConfigFields fields) {
    ConfigDraft draft = common(fields, layer -> layer % 2 == 0);
    draft.rotary =
        List.of(RopeFields.of(fields).readWhole(draft.shape.headDim(), 10_000, RopeFields.STEADY));
    draft.scoreCap = cap(fields, "attn_logit_softcapping", 50);
    draft.logitCap = cap(fields, "final_logit_softcapping", 30);
    return draft;
  }

  static ConfigDraft gemma3(ConfigFields fields) {
    // The reference has this field and does not use it.
    fields.refuse("attn_logit_softcapping", "soft caps of this family's scores");
    int pattern = fields.positive("sliding_window_pattern", 6);
    ConfigDraft draft = common(fields, layer -> (layer + 1) % pattern != 0);
    int headDim = draft.shape.headDim();
    draft.rotary =
        List.of(
            new RopeFields(fields, globalRope(fields), "rope_theta")
                .readWhole(headDim, 1_000_000, RopeFields.STEADY),
            new RopeFields(fields, byLayer(fields, LOCAL), "rope_local_base_freq")
                .readWhole(headDim, 10_000, RopeFields.STEADY));
    draft.layers =
        draft.layers.stream()
            .map(layer -> new LayerForm(layer.windowed() ? 1 : 0, layer.windowed()))
            .toList();
    draft.norm(NormSlot.QUERY, "self_attn.q_norm");
    draft.norm(NormSlot.KEY, "self_attn.k_norm");
    draft.logitCap = cap(fields, "final_logit_softcapping", 0);
    return draft;
  }

  /** What all three have. */
  private static ConfigDraft base(ConfigFields fields) {
    fields.refuse("use_bidirectional_attention", "texts that are seen to their end");
    ConfigDraft draft = new ConfigDraft(fields, ConfigDraft.shape(fields, true, 256));
    draft.normalization = new Normalization(Kind.RMS_ONE_PLUS, fields.number("rms_norm_eps", 1e-6));
    draft.embeddingScale = Math.sqrt(draft.shape.hiddenSize());
    boolean bias = fields.flag("attention_bias", false);
    draft.attention(bias, bias);
    draft.gatedFeedForward(false);
    draft.norm(NormSlot.INPUT, "input_layernorm");
    return draft;
  }

  /**
   * What Gemma 2 and 3 have.
   *
   * @param windowed whether a layer is windowed where {@code layer_types} does not say
   */
  private static ConfigDraft common(ConfigFields fields, IntPredicate windowed) {
    ConfigDraft draft = base(fields);
    draft.activation("hidden_activation", "gelu_pytorch_tanh");
    String scalar = "query_pre_attn_scalar";
    draft.scale = 1 / Math.sqrt(above0(scalar, fields.number(scalar, 256)));
    draft.norm(NormSlot.ATTENTION_OUTPUT, "post_attention_layernorm");
    draft.norm(NormSlot.FEED_FORWARD_INPUT, "pre_feedforward_layernorm");
    draft.norm(NormSlot.FEED_FORWARD_OUTPUT, "post_feedforward_layernorm");
    draft.layers = ConfigDraft.layers(fields.windowed(draft.shape.layers(), windowed));
    if (draft.layers.stream().anyMatch(LayerForm::windowed)) {
      draft.window = fields.positive("sliding_window", 4096);
    }
    return draft;
  }

  /** A soft cap; a file that says null has none, one that does not say has the family's. */
  private static double cap(ConfigFields fields, String name, double otherwise) {
    if (!fields.has(name)) {
      return fields.json().has(name) ? 0 : otherwise;
    }
    return above0(name, fields.number(name, otherwise));
  }

  private static double above0(String name, double value) {
    if (!(value > 0)) {
      throw new IllegalArgumentException("%s is %s, but must be above 0".formatted(name, value));
    }
    return value;
  }

  /** The global layers' parameters, with the {@code rope_scaling} of older configurations. */
  private static JsonNode globalRope(ConfigFields fields) {
    JsonNode parameters = byLayer(fields, GLOBAL);
    JsonNode scaling = fields.json().path("rope_scaling");
    if (!scaling.isObject()) {
      return parameters;
    }
    ObjectNode merged = scaling.deepCopy();
    if (parameters.isObject()) {
      parameters.properties().forEach(each -> merged.putIfAbsent(each.getKey(), each.getValue()));
    }
    return merged;
  }

  private static JsonNode byLayer(ConfigFields fields, String type) {
    JsonNode parameters = fields.json().path("rope_parameters");
    if (parameters.isObject() && !parameters.has(GLOBAL) && !parameters.has(LOCAL)) {
      throw fields.unsupported(
          "rope_parameters are the same for all layers; supported are those by layer: %s, %s"
              .formatted(GLOBAL, LOCAL));
    }
    return parameters.path(type);
  }
}
