package io.affinage.llm.export;

import io.affinage.llm.checkpoint.RowOrder;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.config.AttentionForm.Packing;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.LinearLayer;
import io.affinage.llm.model.config.LinearSlot;
import io.affinage.llm.model.config.NormSlot;
import java.util.Map;
import java.util.Optional;

/** Where a decoder's weights go in a GGUF file: llama.cpp's names and row orders. */
final class GgufLayout {
  private static final Map<LinearSlot, String> LINEARS =
      Map.of(
          LinearSlot.Q, "attn_q",
          LinearSlot.K, "attn_k",
          LinearSlot.V, "attn_v",
          LinearSlot.O, "attn_output",
          LinearSlot.GATE, "ffn_gate",
          LinearSlot.UP, "ffn_up",
          LinearSlot.DOWN, "ffn_down");

  private static final Map<NormSlot, String> NORMS =
      Map.of(
          NormSlot.INPUT, "attn_norm",
          NormSlot.QUERY, "attn_q_norm",
          NormSlot.KEY, "attn_k_norm",
          NormSlot.FEED_FORWARD_INPUT, "ffn_norm");

  private final DecoderConfig config;
  private final String architecture;

  /**
   * @throws LlmException {@code export_unsupported} for a model that has no such form here
   */
  GgufLayout(DecoderConfig config) {
    this.config = config;
    this.architecture =
        switch (config.architecture().modelType()) {
          case "llama", "mistral" -> "llama";
          case "qwen2" -> "qwen2";
          case "qwen3" -> "qwen3";
          default ->
              throw unsupported(
                  "%s cannot be written as GGUF; Llama and Mistral can"
                      .formatted(config.architecture().className()));
        };
    if (config.attention().packing() != Packing.SEPARATE
        || config.layers().stream().anyMatch(layer -> layer.rotary() < 0)) {
      throw unsupported("layers of this form cannot be written as GGUF");
    }
  }

  static LlmException unsupported(String problem) {
    return new LlmException(
        "export_unsupported", problem + "; export a Hugging Face folder (hf) instead");
  }

  /** {@code general.architecture}. */
  String architecture() {
    return architecture;
  }

  /**
   * ggml's name of a weight.
   *
   * @throws LlmException {@code export_unsupported} for a weight without a place
   */
  String name(String weight) {
    int dot = weight.lastIndexOf('.');
    String module = weight.substring(0, Math.max(0, dot));
    String kind = weight.substring(dot);
    if (module.equals(config.names().embedding())) {
      return "token_embd" + kind;
    }
    if (module.equals(config.names().finalNorm())) {
      return "output_norm" + kind;
    }
    if (module.equals(config.names().head())) {
      return "output" + kind;
    }
    return block(module)
        .flatMap(block -> inBlock(block.path()).map(name -> "blk." + block.index() + "." + name))
        .map(name -> name + kind)
        .orElseThrow(() -> unsupported("weight %s has no place in GGUF".formatted(weight)));
  }

  private Optional<String> inBlock(String path) {
    for (LinearLayer layer : config.linears()) {
      if (layer.path().equals(path)) {
        return Optional.of(LINEARS.get(layer.slot()));
      }
    }
    return config.names().norms().entrySet().stream()
        .filter(norm -> norm.getValue().equals(path))
        .map(norm -> NORMS.get(norm.getKey()))
        .findFirst();
  }

  private record Block(String index, String path) {}

  private Optional<Block> block(String module) {
    String prefix = config.names().blocks();
    if (!module.startsWith(prefix)) {
      return Optional.empty();
    }
    int dot = module.indexOf('.', prefix.length());
    return dot < 0
        ? Optional.empty()
        : Optional.of(new Block(module.substring(prefix.length(), dot), module.substring(dot + 1)));
  }

  /** llama.cpp's Llama rotates neighbouring rows, so queries and keys are stored interleaved. */
  RowOrder rowOrder(String ggmlName) {
    boolean rotated = ggmlName.contains(".attn_q.") || ggmlName.contains(".attn_k.");
    return rotated && architecture.equals("llama")
        ? new RowOrder.RotaryPairs(config.shape().headDim())
        : RowOrder.AS_IS;
  }

  /** Whether a tensor is the output head, or the embedding that serves as one. */
  boolean isHead(String ggmlName) {
    return ggmlName.equals(config.shape().tiedHead() ? "token_embd.weight" : "output.weight");
  }
}
