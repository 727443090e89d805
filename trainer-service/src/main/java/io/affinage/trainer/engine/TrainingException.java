package io.affinage.trainer.engine;

import io.affinage.events.ErrorDetail;
import io.affinage.events.ErrorKind;

/** A job that did not succeed; the kind of its code says whether it ends or is tried again. */
public final class TrainingException extends Exception {
  private static final long serialVersionUID = 1L;
  private final String code;
  private final String param;

  /**
   * @param code stable, snake case
   * @param message what is wrong, where, and what to do
   * @param param the field of the request at fault, or null
   */
  public TrainingException(String code, String message, String param, Throwable cause) {
    super(message, cause);
    this.code = code;
    this.param = param;
  }

  public TrainingException(String code, String message, String param) {
    this(code, message, param, null);
  }

  /** Whose the failure is. */
  public ErrorKind kind() {
    return ErrorKind.of(code);
  }

  public ErrorDetail detail() {
    return new ErrorDetail(code, getMessage(), param);
  }
}
