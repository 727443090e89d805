package io.affinage.events;

import org.jspecify.annotations.Nullable;

/**
 * An error as users meet it, the same in event, API and metric.
 *
 * @param code stable, snake case, for programs: {@code invalid_dataset}, {@code non_finite_loss}
 * @param message for people: what is wrong, where, and what to do; cut at 4,000 characters, so that
 *     whatever it cites, the event that carries it can be written
 * @param param the field of the request that is at fault, or null
 */
public record ErrorDetail(String code, String message, @Nullable String param) {
  private static final int MAX_CHARACTERS = 4_000;

  /** Whose it is. */
  public ErrorKind kind() {
    return ErrorKind.of(code);
  }

  public ErrorDetail {
    // A required one that is missing is told by who reads or writes the event.
    if (message != null && message.length() > MAX_CHARACTERS) {
      message =
          message.substring(0, MAX_CHARACTERS) + "... (%d characters)".formatted(message.length());
    }
  }
}
