package io.affinage.llm.adapter;

import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.LinearLayer;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * A low-rank adapter (Hu et al. 2021, "LoRA"): y = Wx + s B A dropout(x).
 *
 * @param rank r, the inner dimension
 * @param alpha scaling numerator: s = alpha / r, or alpha / sqrt(r) with {@code rankStabilized}
 * @param dropout probability of dropping an element of the adapter's input during training, 0 to 1
 * @param rankStabilized rsLoRA's scaling (Kalajdzievski 2023)
 * @param targets the linear layers that get an adapter, in every block
 */
public record LoraConfig(
    int rank, double alpha, double dropout, boolean rankStabilized, Set<LinearLayer> targets) {

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
    if (targets.isEmpty()) {
      throw new LlmException("invalid_adapter", "LoRA needs at least one target module");
    }
    targets = Set.copyOf(targets);
  }

  /** s, by which the adapter's output is multiplied. */
  public double scaling() {
    return rankStabilized ? alpha / Math.sqrt(rank) : alpha / rank;
  }

  /**
   * Linear layers by PEFT's module names; {@code all-linear} means every one of a block.
   *
   * @throws LlmException {@code invalid_adapter} for a name that no layer has
   */
  public static Set<LinearLayer> targets(List<String> moduleNames) {
    Set<LinearLayer> targets = EnumSet.noneOf(LinearLayer.class);
    for (String name : moduleNames) {
      if (name.equals("all-linear")) {
        targets.addAll(EnumSet.allOf(LinearLayer.class));
      } else {
        targets.add(
            LinearLayer.byModuleName(name)
                .orElseThrow(
                    () ->
                        new LlmException(
                            "invalid_adapter",
                            "target module '"
                                + name
                                + "' does not exist; there are all-linear, q_proj, k_proj, v_proj,"
                                + " o_proj, gate_proj, up_proj, down_proj")));
      }
    }
    return targets;
  }
}
