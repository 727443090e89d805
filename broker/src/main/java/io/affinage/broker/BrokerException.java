package io.affinage.broker;

/** The broker cannot run here; the message says why and what to do. */
public final class BrokerException extends RuntimeException {
  private final String code;

  /**
   * @param code stable, snake case: {@code port_in_use}, {@code folder_unusable}, {@code
   *     folder_in_use}, {@code broker_start_failed}, {@code container_engine_missing}, {@code
   *     invalid_argument}
   */
  public BrokerException(String code, String message, Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  /** The stable code, for programs. */
  public String code() {
    return code;
  }
}
