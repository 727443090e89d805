package io.affinage.llm.model.config;

import io.affinage.llm.model.config.AttentionForm.Packing;
import io.affinage.llm.model.config.FeedForwardForm.Gating;
import io.affinage.llm.model.config.Normalization.Kind;
import java.util.List;

/**
 * Phi-3 (Abdin et al. 2024): a Llama whose projections are stacked, with part of a head rotated.
 */
final class Phi3Family {
  private Phi3Family() {}

  static ConfigDraft phi3(ConfigFields fields) {
    DecoderShape shape = ConfigDraft.shape(fields, false);
    ConfigDraft draft = new ConfigDraft(fields, shape);
    draft.normalization = new Normalization(Kind.RMS, fields.number("rms_norm_eps", 1e-5));
    draft.activation("hidden_act", "silu");
    RotaryEmbedding rotary = RopeFields.of(fields).read(shape.headDim(), 10_000, 1);
    if (!rotary.scaling().equals(RopeScaling.NONE)) {
      throw fields.unsupported("rope_scaling of this family is not supported; only default is");
    }
    draft.rotary = List.of(rotary);
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
}
