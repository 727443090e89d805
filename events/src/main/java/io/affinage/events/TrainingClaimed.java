package io.affinage.events;

import org.jspecify.annotations.Nullable;

/**
 * A worker wants to run an attempt of a job: on the job log, the first claim of an attempt in log
 * order wins. Type {@code io.affinage.training.claimed.v1}.
 *
 * @param attempt counts from 1; a later attempt may be claimed once the lease of the one before has
 *     run out
 * @param leaseMillis silence after which the attempt is taken for dead
 * @param spec the resolved specification, with every default filled in: the first that a winning
 *     claim carries is the job's, for all its attempts, whatever the defaults of later versions;
 *     null where it was recorded before, or by a version that records none
 */
public record TrainingClaimed(
    String jobId, int attempt, String workerId, long leaseMillis, @Nullable TrainingSpec spec)
    implements EventData {

  /** A claim that records no specification. */
  public TrainingClaimed(String jobId, int attempt, String workerId, long leaseMillis) {
    this(jobId, attempt, workerId, leaseMillis, null);
  }

  @Override
  public String key() {
    return jobId;
  }
}
