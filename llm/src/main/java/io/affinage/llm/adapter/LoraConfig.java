package io.affinage.llm.adapter;

import io.affinage.llm.error.LlmException;
import java.util.List;

/**
 * A low-rank adapter (Hu et al. 2021, "LoRA"): y = Wx + s B A dropout(x).
 *
 * @param rank r, the inner dimension
 * @param alpha scaling numerator: s = alpha / r, or alpha / sqrt(r) with {@code rankStabilized}
 * @param dropout probability of dropping an element of the adapter's input during training, 0 to 1
 * @param rankStabilized rsLoRA's scaling (Kalajdzievski 2023)
 * @param targetModules the linear layers that get an adapter, in every block, by PEFT's module
 *     names: {@code q_proj}, {@code mlp.down_proj}; {@code all-linear} means every one
 */
public record LoraConfig(
    int rank, double alpha, double dropout, boolean rankStabilized, List<String> targetModules) {

  public LoraConfig {
    if (rank < 1) {
      throw new LlmException("invalid_adapter", "LoRA's rank must be at least 1, not " + rank);
    }
    if (!(alpha > 0)) {
      throw new LlmException("invalid_adapter", "loraAlpha must be above 0, not " + alpha);
    }
    if (!(dropout >= 0 && dropout < 1)) {
      throw new LlmException("invalid_adapter", "loraDropout must be in [0, 1), not " + dropout);
    }
    if (targetModules.isEmpty()) {
      throw new LlmException("invalid_adapter", "LoRA needs at least one target module");
    }
    targetModules = List.copyOf(targetModules);
  }

  /** s, by which the adapter's output is multiplied. */
  public double scaling() {
    return rankStabilized ? alpha / Math.sqrt(rank) : alpha / rank;
  }
}
