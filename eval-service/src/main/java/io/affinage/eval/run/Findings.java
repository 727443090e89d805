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
 * @param comparison tuned against base on the deciding metric; empty without a base
 * @param items measured
 * @param leftOut rows of the split that were not measured: over the bound, of no measurable shape,
 *     or too long for the model
 */
public record Findings(
    Map<Variant, Map<String, Estimate>> estimates,
    Optional<Comparison> comparison,
    List<Sample> samples,
    int items,
    int leftOut,
    Gate.Decision decision) {

  /** One item with every variant's answer. */
  public record Sample(String question, String reference, Map<Variant, String> answers) {}
}
