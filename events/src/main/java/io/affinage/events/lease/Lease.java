package io.affinage.events.lease;

import java.time.Duration;
import java.time.Instant;

/**
 * Who holds a job.
 *
 * @param attempt the attempt, from 1
 * @param workerId its worker
 * @param duration silence after which it ends
 * @param until when it ends unless it is extended, in the log's time
 */
public record Lease(int attempt, String workerId, Duration duration, Instant until) {

  /** Whether the lease has run out at a time of the log. */
  public boolean hasExpired(Instant time) {
    return !time.isBefore(until);
  }

  /** Extended by a sign of life; log time may step back when a partition's leader changes. */
  Lease extended(Instant time) {
    Instant later = time.plus(duration);
    return later.isAfter(until) ? new Lease(attempt, workerId, duration, later) : this;
  }

  boolean isOf(JobEntry.OfHolder entry) {
    return attempt == entry.attempt() && workerId.equals(entry.workerId());
  }
}
