package io.affinage.service.work;

/** Something that the work needs is away; the record is not at fault, and will be tried again. */
public final class PassingFaultException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String code;

  /**
   * @param code stable and snake case: what is away
   */
  public PassingFaultException(String code, String message, Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  public String code() {
    return code;
  }
}
