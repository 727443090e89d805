package io.affinage.cli;

/** What the user has to know and do, in one line or a few; shown without a stack trace. */
public final class CliException extends RuntimeException {
  private final ExitCode exit;
  private final String code;

  /**
   * @param exit what scripts see
   * @param code stable, snake case, shown by {@code --json}
   * @param message what is wrong, where, and what to do
   */
  public CliException(ExitCode exit, String code, String message) {
    this(exit, code, message, null);
  }

  /** As the other, with the cause for the log. */
  public CliException(ExitCode exit, String code, String message, Throwable cause) {
    super(message, cause);
    this.exit = exit;
    this.code = code;
  }

  public ExitCode exit() {
    return exit;
  }

  public String code() {
    return code;
  }
}
