package io.affinage.llm.model.config;

import io.affinage.llm.model.config.Normalization.Kind;
import java.util.List;

/** Llama and the families that differ from it in little. */
final class LlamaFamily {
  private LlamaFamily() {}

  static ConfigDraft llama(ConfigFields fields) {
    fields.refuseOtherThan("pretraining_tp", 1, "a tensor-parallel layout");
    ConfigDraft draft = common(fields, ConfigDraft.shape(fields, false), 10_000);
    boolean attentionBias = fields.flag("attention_bias", false);
    draft.attention(attentionBias, attentionBias);
    draft.gatedFeedForward(fields.flag("mlp_bias", false));
    return draft;
  }

  static ConfigDraft mistral(ConfigFields fields) {
    ConfigDraft draft = common(fields, ConfigDraft.shape(fields, false), 10_000);
    draft.attention(false, false);
    draft.gatedFeedForward(false);
    // A file that says null has no window; one that does not say has the family's default.
    boolean windowed = !fields.json().path("sliding_window").isNull();
    if (windowed) {
      draft.window = fields.positive("sliding_window", 4096);
      draft.layers = ConfigDraft.layers(fields.windowed(draft.shape.layers(), layer -> true));
    }
    return draft;
  }

  static ConfigDraft qwen2(ConfigFields fields) {
    ConfigDraft draft = common(fields, ConfigDraft.shape(fields, false), 10_000);
    draft.attention(true, false);
    draft.gatedFeedForward(false);
    upperLayersWindowed(draft);
    return draft;
  }

  static ConfigDraft qwen3(ConfigFields fields) {
    ConfigDraft draft = common(fields, ConfigDraft.shape(fields, false, 128), 10_000);
    boolean attentionBias = fields.flag("attention_bias", false);
    draft.attention(attentionBias, attentionBias);
    draft.norm(NormSlot.QUERY, "self_attn.q_norm");
    draft.norm(NormSlot.KEY, "self_attn.k_norm");
    draft.gatedFeedForward(false);
    upperLayersWindowed(draft);
    return draft;
  }

  /** What all of them have. */
  static ConfigDraft common(ConfigFields fields, DecoderShape shape, double ropeTheta) {
    ConfigDraft draft = new ConfigDraft(fields, shape);
    draft.normalization = new Normalization(Kind.RMS, fields.number("rms_norm_eps", 1e-6));
    draft.activation("hidden_act", "silu");
    RotaryEmbedding rotary = RopeFields.of(fields).read(draft.shape.headDim(), ropeTheta, 1);
    if (rotary.dimensions() != draft.shape.headDim()) {
      // The reference ignores the field or not, depending on the kind of scaling.
      throw fields.unsupported(
          "partial_rotary_factor rotates %d of %d dimensions, but part of a head is not supported"
              .formatted(rotary.dimensions(), draft.shape.headDim()));
    }
    draft.rotary = List.of(rotary);
    draft.norm(NormSlot.INPUT, "input_layernorm");
    draft.norm(NormSlot.FEED_FORWARD_INPUT, "post_attention_layernorm");
    return draft;
  }

  private static void upperLayersWindowed(ConfigDraft draft) {
    ConfigFields fields = draft.fields;
    if (fields.flag("use_sliding_window", false)
        && !fields.json().path("sliding_window").isNull()) {
      int first = (int) fields.number("max_window_layers", 28);
      draft.window = fields.positive("sliding_window", 4096);
      draft.layers =
          ConfigDraft.layers(fields.windowed(draft.shape.layers(), layer -> layer >= first));
    }
  }
}
