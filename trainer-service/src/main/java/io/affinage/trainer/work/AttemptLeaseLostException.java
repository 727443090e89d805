package io.affinage.trainer.work;

/** Another worker took the job over; this one's results do not count. */
public final class AttemptLeaseLostException extends Exception {
  private static final long serialVersionUID = 1L;

  public AttemptLeaseLostException(String message, Throwable cause) {
    super(message, cause);
  }
}
