package io.affinage.events;

/**
 * A worker wants to run an attempt of a job: on the job log, the first claim of an attempt in log
 * order wins. Type {@code io.affinage.training.claimed.v1}.
 *
 * @param attempt counts from 1; a later attempt may be claimed once the lease of the one before has
 *     run out
 * @param leaseMillis silence after which the attempt is taken for dead
 */
public record TrainingClaimed(String jobId, int attempt, String workerId, long leaseMillis)
    implements EventData {
  @Override
  public String key() {
    return jobId;
  }
}
