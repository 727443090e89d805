package io.affinage.events.lease;

/** What became of a log entry. */
public enum Verdict {
  /** It changed the job's state. */
  ACCEPTED,
  /** A claim of an attempt that runs: another claim came first, or the lease has not run out. */
  LEASE_HELD,
  /** A claim of an attempt that is not next, or of a job that is paused. */
  NOT_CLAIMABLE,
  /** From a worker that does not hold the current attempt. */
  STALE_ATTEMPT,
  /** An end of an attempt that nobody won. */
  NO_SUCH_ATTEMPT,
  /** A wish that is fulfilled already or comes too late. */
  NO_EFFECT,
  /** The same event, by source and id, has had its effect already. */
  DUPLICATE,
  /** The job is over. */
  JOB_ENDED
}
