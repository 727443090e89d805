package io.affinage.eval.serving;

/** A question that is not answered; the message tells people why and what to do. */
public final class ServingException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Kind kind;
  private final String code;
  private final String param;

  /** Whose fault it is. */
  public enum Kind {
    /** The question cannot be answered as it is. */
    INVALID,
    /** There is no such model. */
    NOT_FOUND,
    /** Too many ask at once. */
    BUSY,
    /** The model cannot be used. */
    FAILED
  }

  /**
   * @param code stable and snake case
   * @param param the field at fault, or null
   */
  public ServingException(Kind kind, String code, String message, String param, Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.code = code;
    this.param = param;
  }

  public Kind kind() {
    return kind;
  }

  public String code() {
    return code;
  }

  public String param() {
    return param;
  }
}
