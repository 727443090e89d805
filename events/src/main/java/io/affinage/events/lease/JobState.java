package io.affinage.events.lease;

import java.time.Instant;
import java.util.Optional;

/**
 * Where a job stands, as every reader of its log sees it. {@link #next} is the only way from one
 * state to another.
 */
public sealed interface JobState {
  /** Attempts and the last checkpoint. */
  JobProgress progress();

  /** The state after an entry, and what became of the entry. */
  record Transition(JobState state, Verdict verdict) {}

  /** Waits for a worker. */
  record Queued(JobProgress progress) implements JobState {}

  /** A worker holds it. */
  record Running(JobProgress progress, Lease lease) implements JobState {}

  /** A worker holds it and shall checkpoint and release it. */
  record Pausing(JobProgress progress, Lease lease) implements JobState {}

  /** Waits for its user. */
  record Paused(JobProgress progress) implements JobState {}

  /**
   * Shall end without a result. Without a holder, any worker claims it only to write its end.
   *
   * @param lease empty when nobody holds it
   */
  record Cancelling(JobProgress progress, Optional<Lease> lease) implements JobState {}

  /** The job is over; nothing changes it any more. */
  sealed interface Terminal extends JobState {
    /** The attempt that ended it. */
    int attempt();
  }

  /** It has a result. */
  record Succeeded(JobProgress progress, int attempt) implements Terminal {}

  /** It ended with an error. */
  record Failed(JobProgress progress, int attempt) implements Terminal {}

  /** It ended because its user wanted so. */
  record Cancelled(JobProgress progress, int attempt) implements Terminal {}

  /** The state of a job that its log does not mention. */
  static JobState initial() {
    return new Queued(JobProgress.NONE);
  }

  /** Who holds the job, even when the lease has run out and nobody else has claimed it yet. */
  default Optional<Lease> holder() {
    if (this instanceof Running running) {
      return Optional.of(running.lease());
    }
    if (this instanceof Pausing pausing) {
      return Optional.of(pausing.lease());
    }
    return this instanceof Cancelling cancelling ? cancelling.lease() : Optional.empty();
  }

  /** Whether a worker holds this very attempt. */
  default boolean isHeldBy(int attempt, String workerId) {
    return holder()
        .filter(lease -> lease.attempt() == attempt && lease.workerId().equals(workerId))
        .isPresent();
  }

  /** Whether a claim of the next attempt would win at this time. */
  default boolean isClaimable(Instant time) {
    boolean open = this instanceof Queued || this instanceof Running || this instanceof Cancelling;
    return open && holder().map(lease -> lease.hasExpired(time)).orElse(true);
  }

  /**
   * The transition function.
   *
   * @param entry of this job
   * @param time that the log gave the entry
   */
  default Transition next(JobEntry entry, Instant time) {
    if (this instanceof Terminal) {
      return ignored(Verdict.JOB_ENDED);
    }
    if (entry instanceof JobEntry.Ended ended) {
      return ended(ended);
    }
    if (entry instanceof JobEntry.ControlRequested request) {
      return wished(request.control());
    }
    JobEntry.OfHolder ofHolder = (JobEntry.OfHolder) entry;
    Lease lease = holder().orElse(null);
    if (lease != null && lease.isOf(ofHolder)) {
      return ofCurrentHolder(ofHolder, lease, time);
    }
    return entry instanceof JobEntry.Claimed claim
        ? claimed(claim, time)
        : ignored(Verdict.STALE_ATTEMPT);
  }

  private Transition claimed(JobEntry.Claimed claim, Instant time) {
    if (claim.attempt() <= progress().attempts()) {
      return ignored(holder().isPresent() ? Verdict.LEASE_HELD : Verdict.NOT_CLAIMABLE);
    }
    if (claim.attempt() != progress().nextAttempt()
        || this instanceof Paused
        || this instanceof Pausing) {
      return ignored(Verdict.NOT_CLAIMABLE);
    }
    if (!isClaimable(time)) {
      return ignored(Verdict.LEASE_HELD);
    }
    JobProgress progress = progress().withAttempt(claim.attempt());
    Lease lease =
        new Lease(claim.attempt(), claim.workerId(), claim.lease(), time.plus(claim.lease()));
    return accepted(
        this instanceof Cancelling
            ? new Cancelling(progress, Optional.of(lease))
            : new Running(progress, lease));
  }

  private Transition ofCurrentHolder(JobEntry.OfHolder entry, Lease lease, Instant time) {
    if (entry instanceof JobEntry.Released) {
      return accepted(released());
    }
    JobProgress progress =
        entry instanceof JobEntry.Checkpointed checkpointed
            ? progress().withCheckpoint(checkpointed)
            : progress();
    return accepted(held(progress, lease.extended(time)));
  }

  private JobState held(JobProgress progress, Lease lease) {
    if (this instanceof Pausing) {
      return new Pausing(progress, lease);
    }
    return this instanceof Cancelling
        ? new Cancelling(progress, Optional.of(lease))
        : new Running(progress, lease);
  }

  private JobState released() {
    if (this instanceof Pausing) {
      return new Paused(progress());
    }
    return this instanceof Cancelling
        ? new Cancelling(progress(), Optional.empty())
        : new Queued(progress());
  }

  private Transition wished(JobEntry.Control control) {
    if (this instanceof Cancelling) {
      return ignored(Verdict.NO_EFFECT);
    }
    return switch (control) {
      case CANCEL -> accepted(new Cancelling(progress(), holder()));
      case PAUSE -> paused();
      case RESUME -> resumed();
    };
  }

  private Transition paused() {
    if (this instanceof Running running) {
      return accepted(new Pausing(progress(), running.lease()));
    }
    return this instanceof Queued ? accepted(new Paused(progress())) : ignored(Verdict.NO_EFFECT);
  }

  private Transition resumed() {
    if (this instanceof Pausing pausing) {
      return accepted(new Running(progress(), pausing.lease()));
    }
    return this instanceof Paused ? accepted(new Queued(progress())) : ignored(Verdict.NO_EFFECT);
  }

  /**
   * The end counts even when a later attempt was claimed meanwhile: it was committed together with
   * its public events before that attempt could fence it, and that attempt looks before it starts.
   */
  private Transition ended(JobEntry.Ended entry) {
    if (entry.attempt() < 1 || entry.attempt() > progress().attempts()) {
      return ignored(Verdict.NO_SUCH_ATTEMPT);
    }
    return accepted(
        switch (entry.outcome()) {
          case SUCCEEDED -> new Succeeded(progress(), entry.attempt());
          case FAILED -> new Failed(progress(), entry.attempt());
          case CANCELLED -> new Cancelled(progress(), entry.attempt());
        });
  }

  private static Transition accepted(JobState state) {
    return new Transition(state, Verdict.ACCEPTED);
  }

  private Transition ignored(Verdict verdict) {
    return new Transition(this, verdict);
  }
}
