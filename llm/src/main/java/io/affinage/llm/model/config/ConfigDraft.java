package io.affinage.llm.model.config;

import io.affinage.llm.model.config.AttentionForm.Packing;
import io.affinage.llm.model.config.FeedForwardForm.Activation;
import io.affinage.llm.model.config.FeedForwardForm.Gating;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A configuration while its family's reader fills it in. It starts as a Llama; a reader says what
 * its family has otherwise.
 */
final class ConfigDraft {
  private static final Map<String, Activation> ACTIVATIONS =
      Map.of(
          "silu", Activation.SILU,
          "swish", Activation.SILU,
          "gelu", Activation.GELU,
          "gelu_new", Activation.GELU_TANH,
          "gelu_fast", Activation.GELU_TANH,
          "gelu_pytorch_tanh", Activation.GELU_TANH);

  final ConfigFields fields;
  final DecoderShape shape;
  Normalization normalization;
  double scale;
  double scoreCap;
  Packing packing = Packing.SEPARATE;
  int window;
  Activation activation = Activation.SILU;
  Gating gating = Gating.SEPARATE;
  boolean parallelResidual;
  double embeddingScale = 1;
  double logitCap;
  List<RotaryEmbedding> rotary = List.of();
  List<LayerForm> layers;
  boolean transposed;
  String base = "model.";
  String embedding = "model.embed_tokens";
  Optional<String> positions = Optional.empty();
  String blocks = "model.layers.";
  final Map<NormSlot, String> norms = new EnumMap<>(NormSlot.class);
  String finalNorm = "model.norm";
  String head = "lm_head";
  private final List<LinearLayer> linears = new ArrayList<>();

  ConfigDraft(ConfigFields fields, DecoderShape shape) {
    this.fields = fields;
    this.shape = shape;
    this.scale = Math.pow(shape.headDim(), -0.5);
    this.layers = allAlike(new LayerForm(0, false));
  }

  /** The sizes by the names that most families use; heads divide the width where none is said. */
  static DecoderShape shape(ConfigFields fields, boolean tiedHead) {
    int heads = fields.positive("num_attention_heads");
    return shape(fields, tiedHead, Math.max(1, fields.positive("hidden_size") / heads));
  }

  /** As above, with a width of heads where none is said. */
  static DecoderShape shape(ConfigFields fields, boolean tiedHead, int headDim) {
    int hidden = fields.positive("hidden_size");
    int heads = fields.positive("num_attention_heads");
    return new DecoderShape(
        fields.positive("vocab_size"),
        hidden,
        fields.positive("intermediate_size"),
        fields.positive("num_hidden_layers"),
        heads,
        fields.positive("num_key_value_heads", heads),
        fields.positive("head_dim", headDim),
        fields.positive("max_position_embeddings", 2048),
        fields.flag("tie_word_embeddings", tiedHead));
  }

  List<LayerForm> allAlike(LayerForm layer) {
    return Collections.nCopies(shape.layers(), layer);
  }

  /** Layers with the first rotary embedding, windowed or not. */
  static List<LayerForm> layers(List<Boolean> windowed) {
    return windowed.stream().map(each -> new LayerForm(0, each)).toList();
  }

  void activation(String field, String otherwise) {
    activation = fields.choice(field, otherwise, ACTIVATIONS);
  }

  void linear(LinearSlot slot, String path, int in, int out, boolean bias) {
    linears.add(new LinearLayer(slot, path, in, out, bias, transposed));
  }

  int queries() {
    return shape.heads() * shape.headDim();
  }

  int keys() {
    return shape.kvHeads() * shape.headDim();
  }

  /** Separate q, k, v and the output projection. */
  void attention(boolean inputBias, boolean outputBias) {
    linear(LinearSlot.Q, "self_attn.q_proj", shape.hiddenSize(), queries(), inputBias);
    linear(LinearSlot.K, "self_attn.k_proj", shape.hiddenSize(), keys(), inputBias);
    linear(LinearSlot.V, "self_attn.v_proj", shape.hiddenSize(), keys(), inputBias);
    linear(LinearSlot.O, "self_attn.o_proj", queries(), shape.hiddenSize(), outputBias);
  }

  /** Gate, up and down projection. */
  void gatedFeedForward(boolean bias) {
    int hidden = shape.hiddenSize();
    int inner = shape.intermediateSize();
    linear(LinearSlot.GATE, "mlp.gate_proj", hidden, inner, bias);
    linear(LinearSlot.UP, "mlp.up_proj", hidden, inner, bias);
    linear(LinearSlot.DOWN, "mlp.down_proj", inner, hidden, bias);
  }

  void norm(NormSlot slot, String path) {
    norms.put(slot, path);
  }

  DecoderConfig build(Architecture architecture, Optional<EnclosingModel> enclosing) {
    boolean queryKeyNorm = norms.containsKey(NormSlot.QUERY);
    return new DecoderConfig(
        fields.source(),
        architecture,
        shape,
        normalization,
        new AttentionForm(scale, scoreCap, packing, queryKeyNorm, window),
        new FeedForwardForm(activation, gating),
        parallelResidual,
        embeddingScale,
        logitCap,
        rotary,
        layers,
        linears,
        new WeightNames(base, embedding, positions, blocks, norms, finalNorm, head, enclosing));
  }
}
