package io.affinage.events;

import org.jspecify.annotations.Nullable;

/**
 * Evaluate a model against its base. Type {@code io.affinage.evaluation.requested.v1}.
 *
 * @param evaluationId deterministic: a hash of model, dataset and spec
 * @param model the registration of the model to be evaluated, carried whole so that no look-up is
 *     needed
 */
public record EvaluationRequested(
    String evaluationId,
    ModelRegistered model,
    ArtifactRef dataset,
    EvaluationSpec spec,
    @Nullable RoutingSlip slip)
    implements EventData {
  @Override
  public String key() {
    return evaluationId;
  }
}
