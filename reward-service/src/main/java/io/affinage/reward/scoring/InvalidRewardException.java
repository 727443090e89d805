package io.affinage.reward.scoring;

/** A reward that cannot be used, whatever the completions are. */
public final class InvalidRewardException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String code;
  private final String param;

  /**
   * @param code stable and snake case
   * @param message what is wrong and what to do
   * @param param the field at fault, or null
   */
  public InvalidRewardException(String code, String message, String param) {
    super(message);
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
