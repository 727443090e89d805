package io.affinage.events.lease.kafka;

import org.jspecify.annotations.Nullable;

/** The log cannot be read or written now; trying again may help. */
public final class JobLogUnavailableException extends RuntimeException {
  /** The stable error code. */
  public static final String CODE = "job_log_unavailable";

  /** Says which log and why. */
  public JobLogUnavailableException(String message, @Nullable Throwable cause) {
    super("[" + CODE + "] " + message, cause);
  }
}
