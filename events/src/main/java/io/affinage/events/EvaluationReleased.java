package io.affinage.events;

import org.jspecify.annotations.Nullable;

/**
 * As {@link TrainingReleased}, for evaluations. Type {@code io.affinage.evaluation.released.v1}.
 *
 * @param reason for people
 * @param error why the worker could not do it, of a kind that another worker may not have; null
 *     where it only stops
 */
public record EvaluationReleased(
    String evaluationId,
    int attempt,
    String workerId,
    @Nullable String reason,
    @Nullable ErrorDetail error)
    implements EventData {

  @Override
  public String key() {
    return evaluationId;
  }
}
