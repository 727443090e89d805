package io.affinage.events;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Evaluate a model against its base. Type {@code io.affinage.evaluation.requested.v1}.
 *
 * @param evaluationId deterministic: a hash of model, dataset and spec
 * @param model the registration of the model to be evaluated, carried whole so that no look-up is
 *     needed; where {@code modelId} names another, that of the model that was made last
 * @param datasetName as in the training before it, for stages that follow; null when unknown
 * @param datasetSubmissionId likewise
 * @param metadata the caller's own labels, likewise; null for none
 * @param modelId the model to be evaluated, by its id, where it is another; null for {@code model}
 * @param compare ids of registered models to measure beside it, by the names under which they are
 *     reported; {@code base} for the whole base model; null for none
 */
public record EvaluationRequested(
    String evaluationId,
    ModelRegistered model,
    ArtifactRef dataset,
    EvaluationSpec spec,
    @Nullable RoutingSlip slip,
    @Nullable String datasetName,
    @Nullable String datasetSubmissionId,
    @Nullable Map<String, String> metadata,
    @Nullable String modelId,
    @Nullable Map<String, String> compare)
    implements EventData {

  /** An evaluation that nobody's labels belong to. */
  public EvaluationRequested(
      String evaluationId,
      ModelRegistered model,
      ArtifactRef dataset,
      EvaluationSpec spec,
      @Nullable RoutingSlip slip) {
    this(evaluationId, model, dataset, spec, slip, null, null, null, null, null);
  }

  /** The id of the model to be evaluated. */
  public String measured() {
    return modelId == null ? model.modelId() : modelId;
  }

  @Override
  public String key() {
    return evaluationId;
  }
}
