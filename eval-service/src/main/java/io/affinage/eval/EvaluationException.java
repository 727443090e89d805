package io.affinage.eval;

/** An evaluation cannot be done; the message tells people why and what to do. */
public final class EvaluationException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String code;
  private final String param;

  /**
   * @param code stable and snake case
   * @param message what is wrong, where, and what to do
   * @param param the field of the request at fault, or null
   */
  public EvaluationException(String code, String message, String param) {
    this(code, message, param, null);
  }

  /** As above, with what led to it. */
  public EvaluationException(String code, String message, String param, Throwable cause) {
    super(message, cause);
    this.code = code;
    this.param = param;
  }

  public String code() {
    return code;
  }

  public String param() {
    return param;
  }
}
