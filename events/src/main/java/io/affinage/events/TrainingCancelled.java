package io.affinage.events;

/**
 * A job ended because a user wanted it to. Type {@code io.affinage.training.cancelled.v1};
 * terminal.
 */
public record TrainingCancelled(String jobId, int attempt, String workerId) implements EventData {
  @Override
  public String key() {
    return jobId;
  }
}
