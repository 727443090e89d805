package io.affinage.events.lease;

import io.affinage.events.ArtifactRef;
import java.time.Duration;

/** What one entry of the log says about a job, whatever event family it came in. */
public sealed interface JobEntry {
  /** The job. */
  String jobId();

  /** An entry of an attempt that someone holds. */
  sealed interface OfHolder extends JobEntry {
    /** Counts from 1. */
    int attempt();

    /** A process that never comes back under this id. */
    String workerId();
  }

  /**
   * A worker wants to run an attempt; repeated by its holder, a sign of life.
   *
   * @param lease silence after which the attempt is taken for dead
   */
  record Claimed(String jobId, int attempt, String workerId, Duration lease) implements OfHolder {
    public Claimed {
      if (lease.isNegative() || lease.isZero()) {
        throw new IllegalArgumentException("a lease lasts longer than " + lease);
      }
    }
  }

  /** The attempt's worker lives. */
  record Alive(String jobId, int attempt, String workerId) implements OfHolder {}

  /** The attempt can be resumed from here. */
  record Checkpointed(String jobId, int attempt, String workerId, int step, ArtifactRef artifact)
      implements OfHolder {}

  /** The attempt's worker stops in good order. */
  record Released(String jobId, int attempt, String workerId) implements OfHolder {}

  /** A user wants something. */
  record ControlRequested(String jobId, Control control) implements JobEntry {}

  /** The job is over; written in a transaction together with what follows from it. */
  record Ended(String jobId, int attempt, Outcome outcome) implements JobEntry {}

  /** What a user can want of a job. */
  enum Control {
    CANCEL,
    PAUSE,
    RESUME
  }

  /** How a job can end. */
  enum Outcome {
    SUCCEEDED,
    FAILED,
    CANCELLED
  }
}
