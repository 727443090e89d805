package io.affinage.trainer.work;

import java.nio.file.Path;
import java.time.Duration;

/**
 * How this process works.
 *
 * @param lease silence after which others take an attempt for dead
 * @param progressEvery at most one progress event in this time
 * @param storeRetries how often the artifact store is tried again before a job fails that has not
 *     trained yet
 * @param storeRetryPause pause before the first of them; it doubles each time, up to 15 s
 * @param maxLostAttempts attempts that may fall silent without a new checkpoint before a job fails
 * @param maxGivenBack attempts that workers may give back, in a row without a new checkpoint,
 *     before a job fails with the last reason
 * @param faultPause how long a worker takes no job after a fault of its own; it doubles with each
 *     in a row, up to 1 min
 * @param workFolder where attempts keep their scratch files
 * @param codeVersion part of every model's lineage
 */
public record WorkSettings(
    Duration lease,
    Duration progressEvery,
    int storeRetries,
    Duration storeRetryPause,
    int maxLostAttempts,
    int maxGivenBack,
    Duration faultPause,
    Path workFolder,
    String codeVersion) {
  public WorkSettings {
    if (lease.toMillis() < 300) {
      throw new IllegalArgumentException("the lease is " + lease + ", must be at least 300 ms");
    }
  }

  /** A third of the lease, so that two lost heartbeats in a row do no harm. */
  public Duration heartbeat() {
    return lease.dividedBy(3);
  }
}
