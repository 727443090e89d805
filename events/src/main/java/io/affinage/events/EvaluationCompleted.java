package io.affinage.events;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an evaluation found. Type {@code io.affinage.evaluation.completed.v1}; topic compacted by
 * evaluation.
 *
 * @param variants {@code base}, {@code prompted}, {@code tuned}, and the names of the models that
 *     were to be compared with, to metric name to its estimate
 * @param comparison tuned against {@code reference} on the deciding metric; a reward model against
 *     chance
 * @param samples a few items with every variant's answer
 * @param leftOut items of the split that {@code maxItems} left out
 * @param reference the variant that the model was trained from, which the gate compares with; null
 *     for {@code base}
 * @param comparisons tuned against each of the models that were to be compared with; null for none
 * @param warnings what was noticed of the model; null for nothing
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
    @Nullable RoutingSlip slip,
    @Nullable String reference,
    @Nullable Map<String, Comparison> comparisons,
    @Nullable List<Warning> warnings)
    implements EventData {

  /** A mean with its 95% bootstrap confidence interval over {@code n} items. */
  public record Estimate(double score, double low, double high, int n) {}

  /**
   * A paired comparison over the same items.
   *
   * @param gain tuned minus the other; for perplexity the relative fall
   * @param pValue two-sided paired permutation test
   */
  public record Comparison(String metric, double gain, double low, double high, double pValue) {}

  /**
   * One item: the prompt, the right answer and what each variant said.
   *
   * @param scores what the reward gave each variant's answer; null where answers are not scored
   */
  public record Sample(
      String prompt,
      String reference,
      Map<String, String> answers,
      @Nullable Map<String, Double> scores) {

    /** Answers that nobody scored. */
    public Sample(String prompt, String reference, Map<String, String> answers) {
      this(prompt, reference, answers, null);
    }
  }

  @Override
  public String key() {
    return evaluationId;
  }
}
