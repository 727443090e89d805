package io.affinage.llm.error;

import java.util.Objects;
import java.util.regex.Pattern;

/**
 * A failure that a user can act on: what went wrong, where, and what to do, together with a code
 * that stays the same across versions. The same code appears in events, API answers and metrics.
 */
public final class LlmException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private static final Pattern CODE = Pattern.compile("[a-z][a-z0-9]*(_[a-z0-9]+)*");

  private final String code;

  /**
   * @param code stable and snake_case, such as {@code checkpoint_truncated}
   * @param message the text for the user: names the file or field, the value found, and the way out
   */
  public LlmException(String code, String message) {
    this(code, message, null);
  }

  /**
   * @param code stable and snake_case, such as {@code checkpoint_truncated}
   * @param message the text for the user
   * @param cause what led to it, or null
   */
  public LlmException(String code, String message, Throwable cause) {
    super(Objects.requireNonNull(message, "message"), cause);
    if (!CODE.matcher(code).matches()) {
      throw new IllegalArgumentException("not a snake_case error code: " + code);
    }
    this.code = code;
  }

  /** The stable, snake_case code of this failure. */
  public String code() {
    return code;
  }
}
