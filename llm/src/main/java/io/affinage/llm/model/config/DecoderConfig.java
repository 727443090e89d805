package io.affinage.llm.model.config;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.checkpoint.ModelMetadata;
import io.affinage.llm.error.LlmException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A decoder by configuration. Families differ in these values alone.
 *
 * @param source the {@code config.json} that says so; what a copy of the model is written with
 * @param architecture the family
 * @param shape sizes
 * @param normalization which norm
 * @param attention how blocks attend
 * @param feedForward how their feed-forward layers compute
 * @param parallelResidual whether attention and feed-forward layer both read the block's input
 * @param embeddingScale what looked-up embeddings are multiplied by
 * @param logitCap logits l become cap * tanh(l / cap); 0 without a cap
 * @param rotary the rotary embeddings that layers choose from
 * @param layers what differs by layer, one each
 * @param linears the linear layers of a block, in slot order
 * @param names Hugging Face's names
 */
public record DecoderConfig(
    ModelMetadata source,
    Architecture architecture,
    DecoderShape shape,
    Normalization normalization,
    AttentionForm attention,
    FeedForwardForm feedForward,
    boolean parallelResidual,
    double embeddingScale,
    double logitCap,
    List<RotaryEmbedding> rotary,
    List<LayerForm> layers,
    List<LinearLayer> linears,
    WeightNames names) {

  public DecoderConfig {
    rotary = List.copyOf(rotary);
    layers = List.copyOf(layers);
    linears = List.copyOf(linears);
    if (layers.size() != shape.layers()) {
      throw new IllegalArgumentException(
          "%d layers are described where num_hidden_layers is %d"
              .formatted(layers.size(), shape.layers()));
    }
  }

  /**
   * Reads a configuration; of a model with images, that of its text model.
   *
   * @throws LlmException {@code model_architecture_unsupported}, {@code config_invalid}
   */
  public static DecoderConfig of(ModelMetadata source) {
    return EnclosingModel.of(source)
        .map(whole -> whole.text().read(whole.textConfig(source), Optional.of(whole)))
        .orElseGet(() -> Architecture.of(source).read(source, Optional.empty()));
  }

  /** A Llama (RMSNorm, rotary embedding, SwiGLU) of these sizes. */
  public static DecoderConfig llama(DecoderShape shape, double rmsNormEpsilon, double ropeTheta) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.putArray("architectures").add(Architecture.LLAMA.className());
    json.put("model_type", Architecture.LLAMA.modelType());
    json.put("vocab_size", shape.vocabularySize());
    json.put("hidden_size", shape.hiddenSize());
    json.put("intermediate_size", shape.intermediateSize());
    json.put("num_hidden_layers", shape.layers());
    json.put("num_attention_heads", shape.heads());
    json.put("num_key_value_heads", shape.kvHeads());
    json.put("head_dim", shape.headDim());
    json.put("hidden_act", "silu");
    json.put("rms_norm_eps", rmsNormEpsilon);
    json.put("rope_theta", ropeTheta);
    json.put("max_position_embeddings", shape.maxPositions());
    json.put("tie_word_embeddings", shape.tiedHead());
    json.put("attention_bias", false);
    json.put("mlp_bias", false);
    return of(new ModelMetadata("a new model", json));
  }

  /** The weights of every block, in kernel order. */
  public List<BlockWeight> blockWeights() {
    List<BlockWeight> weights = new ArrayList<>();
    for (LinearLayer linear : linears) {
      LinearSlot slot = linear.slot();
      weights.add(
          new BlockWeight(
              BlockArrays.weight(slot),
              linear.path() + ".weight",
              linear.out(),
              linear.in(),
              linear.transposed()));
      if (linear.bias()) {
        int index = BlockArrays.bias(slot);
        weights.add(new BlockWeight(index, linear.path() + ".bias", linear.out(), 0, false));
      }
    }
    for (NormSlot slot : NormSlot.values()) {
      String path = names.norms().get(slot);
      if (path != null) {
        int index = BlockArrays.weight(slot);
        boolean ofHeads = slot == NormSlot.QUERY || slot == NormSlot.KEY;
        int size = ofHeads ? shape.headDim() : shape.hiddenSize();
        weights.add(new BlockWeight(index, path + ".weight", size, 0, false));
        if (normalization.hasBias()) {
          weights.add(new BlockWeight(BlockArrays.bias(slot), path + ".bias", size, 0, false));
        }
      }
    }
    return List.copyOf(weights);
  }

  /** Whether blocks normalize what attention and feed-forward layer add (Gemma 2). */
  public boolean outputNorms() {
    return names.norms().containsKey(NormSlot.ATTENTION_OUTPUT);
  }

  /**
   * The linear layers that PEFT's {@code target_modules} mean: each a module's whole name or its
   * end ({@code q_proj}, {@code mlp.up_proj}, {@code model.layers.0.mlp.up_proj}); {@code
   * all-linear} is every one of a block.
   *
   * @return in slot order
   * @throws LlmException {@code invalid_adapter} for a name that no layer has, and for names that
   *     mean a layer in some blocks but not in all
   */
  public List<LinearLayer> targets(List<String> moduleNames) {
    Map<LinearLayer, Set<Integer>> blocks = new LinkedHashMap<>();
    for (String name : moduleNames) {
      boolean found = false;
      for (LinearLayer layer : linears) {
        Set<Integer> within = blocks.computeIfAbsent(layer, each -> new TreeSet<>());
        for (int block = 0; block < shape.layers(); block++) {
          if (name.equals("all-linear") || names.isNamed(block, layer.path(), name)) {
            within.add(block);
            found = true;
          }
        }
      }
      if (!found) {
        throw new LlmException(
            "invalid_adapter",
            "target module '%s' does not exist in a %s; there are all-linear, %s"
                .formatted(
                    name,
                    architecture.className(),
                    String.join(
                        ", ", linears.stream().map(LinearLayer::moduleName).distinct().toList())));
      }
    }
    return linears.stream().filter(layer -> isTarget(layer, blocks.get(layer))).toList();
  }

  private boolean isTarget(LinearLayer layer, Set<Integer> blocks) {
    if (!blocks.isEmpty() && blocks.size() < shape.layers()) {
      throw new LlmException(
          "invalid_adapter",
          "target modules have %s in blocks %s alone; an adapter changes a layer in all %d blocks"
              .formatted(layer.path(), blocks, shape.layers()));
    }
    return !blocks.isEmpty();
  }

  /**
   * Which rotary frequencies a text of so many tokens has: texts with the same answer have the
   * same, others can share no keys.
   */
  public int lengthClass(int length) {
    // None falls as lengths rise, so sums are alike only where all are.
    int sum = 0;
    for (RotaryEmbedding each : rotary) {
      sum += each.scaling().lengthClass(length);
    }
    return sum;
  }

  /** The length that a text may not outgrow while its cache is kept. */
  public int cacheLimit() {
    return rotary.stream()
        .map(RotaryEmbedding::scaling)
        .filter(scaling -> scaling instanceof RopeScaling.LongRope longRope && longRope.renews())
        .mapToInt(scaling -> ((RopeScaling.LongRope) scaling).original())
        .min()
        .orElse(Integer.MAX_VALUE);
  }

  /** Parameters of the whole model; a tied head counts once. */
  public long parameters() {
    long embedding = (long) shape.vocabularySize() * shape.hiddenSize();
    long positions =
        names.positions().isPresent() ? (long) shape.maxPositions() * shape.hiddenSize() : 0;
    long block = blockWeights().stream().mapToLong(BlockWeight::elements).sum();
    return (shape.tiedHead() ? 1 : 2) * embedding
        + positions
        + shape.layers() * block
        + (normalization.hasBias() ? 2L : 1L) * shape.hiddenSize();
  }
}
