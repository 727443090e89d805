package io.affinage.events;

/**
 * The attempt's worker stops in good order; another may claim at once. Type {@code
 * io.affinage.training.released.v1}.
 */
public record TrainingReleased(String jobId, int attempt, String workerId, String reason)
    implements EventData {
  @Override
  public String key() {
    return jobId;
  }
}
