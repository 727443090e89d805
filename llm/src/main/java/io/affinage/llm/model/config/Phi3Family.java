package io.affinage.llm.model.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.model.config.AttentionForm.Packing;
import io.affinage.llm.model.config.FeedForwardForm.Gating;
import io.affinage.llm.model.config.Normalization.Kind;
import java.util.List;
import java.util.Set;

/**
 * Phi-3 (Abdin et al. 2024): a Llama whose projections are stacked, with part of a head rotated.
 */
final class Phi3Family {
  private static final Set<String> KINDS = Set.of("default", "longrope");

  /** What early configurations call it; this family has no other YaRN. */
  private static final Set<String> LONG_ROPE_NAMES = Set.of("su", "yarn");

  /** Where none stands beside the scaling; what stands within it does not count. */
  private static final int ORIGINAL_CONTEXT = 4096;

  private Phi3Family() {}

  static ConfigDraft phi3(ConfigFields fields) {
    DecoderShape shape = ConfigDraft.shape(fields, false);
    ConfigDraft draft = new ConfigDraft(fields, shape);
    draft.normalization = new Normalization(Kind.RMS, fields.number("rms_norm_eps", 1e-5));
    draft.activation("hidden_act", "silu");
    draft.rotary = List.of(rotary(fields, shape.headDim()));
    draft.norm(NormSlot.INPUT, "input_layernorm");
    draft.norm(NormSlot.FEED_FORWARD_INPUT, "post_attention_layernorm");
    int hidden = shape.hiddenSize();
    draft.packing = Packing.STACKED;
    draft.linear(
        LinearSlot.Q, "self_attn.qkv_proj", hidden, draft.queries() + 2 * draft.keys(), false);
    draft.linear(LinearSlot.O, "self_attn.o_proj", draft.queries(), hidden, false);
    draft.gating = Gating.STACKED;
    draft.linear(LinearSlot.GATE, "mlp.gate_up_proj", hidden, 2 * shape.intermediateSize(), false);
    draft.linear(LinearSlot.DOWN, "mlp.down_proj", shape.intermediateSize(), hidden, false);
    if (fields.has("sliding_window")) {
      draft.window = fields.positive("sliding_window");
      draft.layers = draft.allAlike(new LayerForm(0, true));
    }
    return draft;
  }

  private static RotaryEmbedding rotary(ConfigFields fields, int headDim) {
    RotaryEmbedding rotary =
        new RopeFields(fields, parameters(fields), "rope_theta").read(headDim, 10_000, 1, KINDS);
    return rotary.scaling() instanceof RopeScaling.LongRope longRope
        ? rotary.with(longRope.renewing())
        : rotary;
  }

  /** With the kind's name and the original context as the reference has them in the end. */
  private static JsonNode parameters(ConfigFields fields) {
    JsonNode given = fields.json().path("rope_parameters");
    JsonNode parameters = given.isObject() ? given : fields.json().path("rope_scaling");
    if (!parameters.isObject()) {
      return parameters;
    }
    ObjectNode own = parameters.deepCopy();
    String kind = own.path("rope_type").asText(own.path("type").asText("default"));
    own.put("rope_type", LONG_ROPE_NAMES.contains(kind) ? "longrope" : kind);
    own.put(RopeFields.ORIGINAL, ORIGINAL_CONTEXT);
    return own;
  }
}
