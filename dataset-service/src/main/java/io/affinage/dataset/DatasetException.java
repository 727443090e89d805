package io.affinage.dataset;

import io.affinage.events.ErrorDetail;

/** A dataset cannot be used as asked. Carries what the user is told in event, API and metric. */
public final class DatasetException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient ErrorDetail detail;

  /**
   * @param code stable, snake case
   * @param message what is wrong, where, and what to do
   * @param param the field of the submission at fault, or null
   */
  public DatasetException(String code, String message, String param) {
    super(message);
    this.detail = new ErrorDetail(code, message, param);
  }

  public DatasetException(String code, String message) {
    this(code, message, null);
  }

  /** Code, message and field, as they go into events and responses. */
  public ErrorDetail detail() {
    return detail;
  }
}
