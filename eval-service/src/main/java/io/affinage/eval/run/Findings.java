package io.affinage.eval.run;

import io.affinage.eval.metric.Comparison;
import io.affinage.eval.metric.Estimate;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What an evaluation found.
 *
 * @param estimates by variant, then by metric name
 * @param reference what tuned was trained from; empty for a model from scratch
 * @param comparison tuned against {@code reference} on the deciding metric
 * @param comparisons tuned against each of the models that were to be compared with
 * @param items measured
 * @param leftOut rows of the split that were not measured: over the bound, of no measurable shape,
 *     or too long for the model
 * @param warnings what was noticed; mostly nothing
 */
public record Findings(
    Map<Variant, Map<String, Estimate>> estimates,
    Optional<Variant> reference,
    Optional<Comparison> comparison,
    Map<Variant, Comparison> comparisons,
    List<Sample> samples,
    int items,
    int leftOut,
    PromotionGate.Decision decision,
    List<Warning> warnings) {

  /** Findings that nothing is to be said of. */
  public Findings(
      Map<Variant, Map<String, Estimate>> estimates,
      Optional<Variant> reference,
      Optional<Comparison> comparison,
      Map<Variant, Comparison> comparisons,
      List<Sample> samples,
      int items,
      int leftOut,
      PromotionGate.Decision decision) {
    this(
        estimates,
        reference,
        comparison,
        comparisons,
        samples,
        items,
        leftOut,
        decision,
        List.of());
  }

  /**
   * What its owner should know of the model.
   *
   * @param code stable and snake case
   */
  public record Warning(String code, String message) {}

  /**
   * One item with every variant's answer.
   *
   * @param scores of the answers; empty where none are scored
   */
  public record Sample(
      String question,
      String reference,
      Map<Variant, String> answers,
      Map<Variant, Double> scores) {}
}
