package io.affinage.events;

import org.jspecify.annotations.Nullable;

/**
 * As {@link TrainingClaimed}, for evaluations; repeated as heartbeat. Type {@code
 * io.affinage.evaluation.claimed.v1}.
 *
 * @param waiting as {@link TrainingHeartbeat#waiting()}
 */
public record EvaluationClaimed(
    String evaluationId,
    int attempt,
    String workerId,
    long leaseMillis,
    @Nullable ErrorDetail waiting)
    implements EventData {

  /** A claim, or a sign of life of an attempt that goes on. */
  public EvaluationClaimed(String evaluationId, int attempt, String workerId, long leaseMillis) {
    this(evaluationId, attempt, workerId, leaseMillis, null);
  }

  @Override
  public String key() {
    return evaluationId;
  }
}
