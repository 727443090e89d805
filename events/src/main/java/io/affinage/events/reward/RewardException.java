package io.affinage.events.reward;

import org.jspecify.annotations.Nullable;

/** Completions cannot be scored; with a stable code. */
public final class RewardException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String code;
  private final @Nullable String param;

  RewardException(String code, String message, @Nullable String param, @Nullable Throwable cause) {
    super(message, cause);
    this.code = code;
    this.param = param;
  }

  /**
   * {@code scoring_unavailable}, {@code scoring_timeout}, or what the reward service says of the
   * whole request.
   */
  public String code() {
    return code;
  }

  /** The field that is wrong, of the reward's; null where none is. */
  public @Nullable String param() {
    return param;
  }
}
