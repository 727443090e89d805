package io.affinage.reward.scoring.ifeval;

/** An instruction that cannot be checked, whatever the response is. */
public final class InvalidInstructionException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String code;

  /**
   * @param code {@code unsupported_instruction} or {@code invalid_instruction}
   */
  InvalidInstructionException(String code, String message) {
    super(message);
    this.code = code;
  }

  public String code() {
    return code;
  }
}
