package io.affinage.eval.kafka;

import io.affinage.eval.run.Variant;
import java.util.HashMap;
import java.util.Map;

/** Turns how far a variant is into how much more was done. */
final class ItemCount {
  private final EvaluationMetrics metrics;
  private final Map<Variant, Integer> counted = new HashMap<>();

  ItemCount(EvaluationMetrics metrics) {
    this.metrics = metrics;
  }

  void at(Variant variant, int done) {
    Integer before = counted.put(variant, done);
    metrics.advanced(variant, done - (before == null ? 0 : before));
  }
}
