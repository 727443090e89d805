package io.affinage.llm.model.config;

import com.fasterxml.jackson.databind.JsonNode;
import io.affinage.llm.model.config.Normalization.Kind;
import java.util.List;
import java.util.stream.IntStream;

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

  static ConfigDraft smollm3(ConfigFields fields) {
    ConfigDraft draft = common(fields, ConfigDraft.shape(fields, true), 2_000_000);
    boolean attentionBias = fields.flag("attention_bias", false);
    draft.attention(attentionBias, attentionBias);
    draft.gatedFeedForward(fields.flag("mlp_bias", false));
    List<Boolean> rotated = rotated(fields, draft.shape.layers());
    boolean windows = fields.flag("use_sliding_window", false) && fields.has("sliding_window");
    List<Boolean> windowed =
        fields.windowed(rotated.size(), layer -> windows && !rotated.get(layer));
    if (windowed.contains(true)) {
      draft.window = fields.positive("sliding_window");
    }
    draft.layers =
        IntStream.range(0, rotated.size())
            .mapToObj(layer -> new LayerForm(rotated.get(layer) ? 0 : -1, windowed.get(layer)))
            .toList();
    return draft;
  }

  /** By layer, whether it has a rotary embedding: 1 in {@code no_rope_layers} means that it has. */
  private static List<Boolean> rotated(ConfigFields fields, int layers) {
    JsonNode listed = fields.json().path("no_rope_layers");
    if (!listed.isArray()) {
      int interval = fields.positive("no_rope_layer_interval", 4);
      return IntStream.rangeClosed(1, layers).mapToObj(each -> each % interval != 0).toList();
    }
    if (listed.size() < layers) {
      throw new IllegalArgumentException(
          "no_rope_layers has %d entries for %d layers".formatted(listed.size(), layers));
    }
    return IntStream.range(0, layers).mapToObj(layer -> listed.get(layer).asBoolean()).toList();
  }

  /** What all of them have. */
  static ConfigDraft common(ConfigFields fields, DecoderShape shape, double ropeTheta) {
    RotaryEmbedding rotary =
        RopeFields.of(fields).readWhole(shape.headDim(), ropeTheta, RopeFields.ANY);
    int reach = rotary.scaling().reach(shape.maxPositions());
    ConfigDraft draft = new ConfigDraft(fields, shape.withMaxPositions(reach));
    draft.normalization = new Normalization(Kind.RMS, fields.number("rms_norm_eps", 1e-6));
    draft.activation("hidden_act", "silu");
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
