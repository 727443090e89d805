package io.affinage.events;

/** The attempt's worker lives. Type {@code io.affinage.training.heartbeat.v1}; on the job log. */
public record TrainingHeartbeat(String jobId, int attempt, String workerId, int step)
    implements EventData {
  @Override
  public String key() {
    return jobId;
  }
}
