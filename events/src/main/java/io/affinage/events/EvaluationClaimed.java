package io.affinage.events;

/**
 * As {@link TrainingClaimed}, for evaluations; repeated as heartbeat. Type {@code
 * io.affinage.evaluation.claimed.v1}.
 */
public record EvaluationClaimed(String evaluationId, int attempt, String workerId, long leaseMillis)
    implements EventData {
  @Override
  public String key() {
    return evaluationId;
  }
}
