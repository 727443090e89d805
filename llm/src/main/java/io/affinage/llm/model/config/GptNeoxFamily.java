package io.affinage.llm.model.config;

import io.affinage.llm.model.config.AttentionForm.Packing;
import io.affinage.llm.model.config.FeedForwardForm.Gating;
import io.affinage.llm.model.config.Normalization.Kind;
import java.util.List;

/**
 * GPT-NeoX (Black et al. 2022) and Pythia: attention and feed-forward layer in parallel, part of
 * each head rotated, queries, keys and values of a head together in one layer.
 */
final class GptNeoxFamily {
  private GptNeoxFamily() {}

  static ConfigDraft gptNeox(ConfigFields fields) {
    ConfigDraft draft = new ConfigDraft(fields, shape(fields));
    draft.normalization = new Normalization(Kind.LAYER, fields.number("layer_norm_eps", 1e-5));
    draft.activation("hidden_act", "gelu");
    draft.gating = Gating.NONE;
    draft.packing = Packing.PER_HEAD;
    draft.parallelResidual = fields.flag("use_parallel_residual", true);
    draft.rotary =
        List.of(
            // The reference ignores rope_theta and partial_rotary_factor outside rope_parameters.
            RopeFields.of(fields, "rotary_emb_base", "rotary_pct")
                .read(draft.shape.headDim(), 10_000, 0.25, RopeFields.STEADY));
    names(draft);
    boolean bias = fields.flag("attention_bias", true);
    int hidden = draft.shape.hiddenSize();
    int inner = draft.shape.intermediateSize();
    draft.linear(LinearSlot.Q, "attention.query_key_value", hidden, 3 * hidden, bias);
    draft.linear(LinearSlot.O, "attention.dense", hidden, hidden, bias);
    draft.linear(LinearSlot.UP, "mlp.dense_h_to_4h", hidden, inner, true);
    draft.linear(LinearSlot.DOWN, "mlp.dense_4h_to_h", inner, hidden, true);
    return draft;
  }

  private static DecoderShape shape(ConfigFields fields) {
    int hidden = fields.positive("hidden_size");
    int heads = fields.positive("num_attention_heads");
    return new DecoderShape(
        fields.positive("vocab_size"),
        hidden,
        fields.positive("intermediate_size"),
        fields.positive("num_hidden_layers"),
        heads,
        heads,
        fields.dividedByHeads("hidden_size", hidden, heads),
        fields.positive("max_position_embeddings", 2048),
        fields.flag("tie_word_embeddings", false));
  }

  private static void names(ConfigDraft draft) {
    draft.base = "gpt_neox.";
    draft.embedding = "gpt_neox.embed_in";
    draft.blocks = "gpt_neox.layers.";
    draft.norm(NormSlot.INPUT, "input_layernorm");
    draft.norm(NormSlot.FEED_FORWARD_INPUT, "post_attention_layernorm");
    draft.finalNorm = "gpt_neox.final_layer_norm";
    draft.head = "embed_out";
  }
}
