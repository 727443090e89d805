package io.affinage.cli;

/**
 * What the command's exit status tells a script. Ctrl-C and SIGTERM give the shell's usual 130 and
 * 143.
 */
public enum ExitCode {
  /** Done. */
  OK(0),
  /** The job failed, or the tuned model did not pass its gate. */
  FAILED(1),
  /** A wrong option, recipe or file: nothing was started. */
  USAGE(2),
  /** Kafka, or the service that is needed, cannot be reached. */
  UNREACHABLE(3),
  /** The local stack could not be started, or a service ended too often. */
  STACK(4);

  private final int status;

  ExitCode(int status) {
    this.status = status;
  }

  public int status() {
    return status;
  }
}
