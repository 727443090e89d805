package io.affinage.events;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an evaluation found. Type {@code io.affinage.evaluation.completed.v1}; topic compacted by
 * evaluation.
 *
 * @param variants {@code base}, {@code prompted}, {@code tuned} to metric name to its estimate
 * @param comparison tuned against base on the deciding metric
 * @param samples a few items with every variant's answer
 * @param leftOut items of the split that {@code maxItems} left out
 */
public record EvaluationCompleted(
    String evaluationId,
    String modelId,
    int attempt,
    String decidingMetric,
    Map<String, Map<String, Estimate>> variants,
    @Nullable Comparison comparison,
    List<Sample> samples,
    long items,
    long leftOut,
    double seconds,
    @Nullable RoutingSlip slip)
    implements EventData {

  /** A mean with its 95% bootstrap confidence interval over {@code n} items. */
  public record Estimate(double score, double low, double high, int n) {}

  /**
   * A paired comparison over the same items.
   *
   * @param gain tuned minus base; for perplexity the relative fall
   * @param pValue two-sided paired permutation test
   */
  public record Comparison(String metric, double gain, double low, double high, double pValue) {}

  /** One item: the prompt, the right answer and what each variant said. */
  public record Sample(String prompt, String reference, Map<String, String> answers) {}

  @Override
  public String key() {
    return evaluationId;
  }
}
