package io.affinage.events;

import org.jspecify.annotations.Nullable;

/**
 * The attempt's worker lives. Type {@code io.affinage.training.heartbeat.v1}; on the job log.
 *
 * @param waiting what keeps the attempt from going on, such as a store without room; null while it
 *     goes on
 */
public record TrainingHeartbeat(
    String jobId, int attempt, String workerId, int step, @Nullable ErrorDetail waiting)
    implements EventData {

  /** A sign of life of an attempt that goes on. */
  public TrainingHeartbeat(String jobId, int attempt, String workerId, int step) {
    this(jobId, attempt, workerId, step, null);
  }

  @Override
  public String key() {
    return jobId;
  }
}
