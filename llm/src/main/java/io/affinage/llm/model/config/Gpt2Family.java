package io.affinage.llm.model.config;

import io.affinage.llm.model.config.AttentionForm.Packing;
import io.affinage.llm.model.config.FeedForwardForm.Gating;
import io.affinage.llm.model.config.Normalization.Kind;
import java.util.Optional;

/**
 * GPT-2 (Radford et al. 2019): learned positions, LayerNorm, a feed-forward layer without gate,
 * weights stored as [in, out].
 */
final class Gpt2Family {
  private Gpt2Family() {}

  static ConfigDraft gpt2(ConfigFields fields) {
    fields.refuse("scale_attn_by_inverse_layer_idx", "scores scaled by layer");
    fields.refuse("add_cross_attention", "layers that attend to an encoder");
    // reorder_and_upcast_attn is about the precision of scores alone.
    ConfigDraft draft = new ConfigDraft(fields, shape(fields));
    draft.normalization = new Normalization(Kind.LAYER, fields.number("layer_norm_epsilon", 1e-5));
    draft.scale = fields.flag("scale_attn_weights", true) ? draft.scale : 1;
    draft.activation("activation_function", "gelu_new");
    draft.gating = Gating.NONE;
    draft.packing = Packing.STACKED;
    draft.layers = draft.allAlike(new LayerForm(-1, false));
    draft.transposed = true;
    names(draft);
    int hidden = draft.shape.hiddenSize();
    int inner = draft.shape.intermediateSize();
    draft.linear(LinearSlot.Q, "attn.c_attn", hidden, 3 * hidden, true);
    draft.linear(LinearSlot.O, "attn.c_proj", hidden, hidden, true);
    draft.linear(LinearSlot.UP, "mlp.c_fc", hidden, inner, true);
    draft.linear(LinearSlot.DOWN, "mlp.c_proj", inner, hidden, true);
    return draft;
  }

  private static DecoderShape shape(ConfigFields fields) {
    int hidden = fields.positive("n_embd");
    int heads = fields.positive("n_head");
    return new DecoderShape(
        fields.positive("vocab_size"),
        hidden,
        fields.positive("n_inner", Math.multiplyExact(4, hidden)),
        fields.positive("n_layer"),
        heads,
        heads,
        fields.dividedByHeads("n_embd", hidden, heads),
        fields.positive("n_positions", 1024),
        fields.flag("tie_word_embeddings", true));
  }

  private static void names(ConfigDraft draft) {
    draft.base = "transformer.";
    draft.embedding = "transformer.wte";
    draft.positions = Optional.of("transformer.wpe");
    draft.blocks = "transformer.h.";
    draft.norm(NormSlot.INPUT, "ln_1");
    draft.norm(NormSlot.FEED_FORWARD_INPUT, "ln_2");
    draft.finalNorm = "transformer.ln_f";
  }
}
