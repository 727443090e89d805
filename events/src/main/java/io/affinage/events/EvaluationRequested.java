package io.affinage.events;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Evaluate a model against its base. Type {@code io.affinage.evaluation.requested.v1}.
 *
 * @param evaluationId deterministic: a hash of model, dataset and spec
 * @param model the registration of the model to be evaluated, carried whole so that no look-up is
 *     needed
 * @param datasetName as in the training before it, for stages that follow; null when unknown
 * @param datasetSubmissionId likewise
 * @param metadata the caller's own labels, likewise; null for none
 */
public record EvaluationRequested(
    String evaluationId,
    ModelRegistered model,
    ArtifactRef dataset,
    EvaluationSpec spec,
    @Nullable RoutingSlip slip,
    @Nullable String datasetName,
    @Nullable String datasetSubmissionId,
    @Nullable Map<String, String> metadata)
    implements EventData {

  /** An evaluation that nobody's labels belong to. */
  public EvaluationRequested(
      String evaluationId,
      ModelRegistered model,
      ArtifactRef dataset,
      EvaluationSpec spec,
      @Nullable RoutingSlip slip) {
    this(evaluationId, model, dataset, spec, slip, null, null, null);
  }

  @Override
  public String key() {
    return evaluationId;
  }
}
