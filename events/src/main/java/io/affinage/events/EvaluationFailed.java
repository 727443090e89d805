package io.affinage.events;

import org.jspecify.annotations.Nullable;

/**
 * An evaluation ended without a result. Type {@code io.affinage.evaluation.failed.v1}; terminal.
 */
public record EvaluationFailed(
    String evaluationId, String modelId, int attempt, ErrorDetail error, @Nullable RoutingSlip slip)
    implements EventData {
  @Override
  public String key() {
    return evaluationId;
  }
}
