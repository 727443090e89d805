package io.affinage.events.lease;

/** The attempt is not this worker's any more: stop, and drop what it made. */
public final class LeaseLostException extends RuntimeException {
  /** The stable error code. */
  public static final String CODE = "lease_lost";

  /** Says which attempt of which job, and how the job stands. */
  public LeaseLostException(String jobId, int attempt, String workerId, JobState state) {
    super(
        "[%s] attempt %d of %s is not held by %s: %s"
            .formatted(CODE, attempt, jobId, workerId, state));
  }
}
