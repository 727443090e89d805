package io.affinage.reward.batch;

/** A request cannot be scored now; nothing is wrong with it, and later it may be. */
public final class UnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String code;

  /**
   * @param code stable and snake case
   */
  public UnavailableException(String code, String message, Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  public String code() {
    return code;
  }
}
