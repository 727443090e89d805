package io.affinage.llm.adapter.bottleneck;

import io.affinage.llm.error.LlmException;

/**
 * Bottleneck adapters (Houlsby et al. 2019, "Parameter-Efficient Transfer Learning for NLP"). Names
 * are those of the {@code adapters} library of AdapterHub.
 *
 * @param reductionFactor the model's width divided by that of a bottleneck
 * @param nonLinearity between the narrowing and the widening layer
 * @param afterAttention whether there is one behind attention ({@code mh_adapter})
 * @param afterFeedForward whether there is one behind the feed-forward ({@code output_adapter})
 */
public record BottleneckConfig(
    double reductionFactor,
    Nonlinearity nonLinearity,
    boolean afterAttention,
    boolean afterFeedForward) {

  public BottleneckConfig {
    if (!(reductionFactor > 0 && Double.isFinite(reductionFactor))) {
      throw new LlmException(
          "invalid_adapter",
          "a bottleneck's reductionFactor must be above 0, not " + reductionFactor);
    }
    if (!afterAttention && !afterFeedForward) {
      throw new LlmException(
          "invalid_adapter",
          "bottleneck adapters stand behind attention, feed-forward or both: neither was chosen");
    }
  }

  /** Houlsby's: at both places. */
  public static BottleneckConfig houlsby(double reductionFactor, Nonlinearity nonLinearity) {
    return new BottleneckConfig(reductionFactor, nonLinearity, true, true);
  }

  /**
   * Numbers of a bottleneck in a model of this width, at least 1.
   *
   * @param hidden the model's width
   */
  int width(int hidden) {
    return (int) Math.max(1, Math.floor(hidden / reductionFactor));
  }
}
