package io.affinage.events;

import org.apache.kafka.common.errors.SerializationException;

/**
 * Bytes that are no event of ours, or an event that cannot be written. The message starts with the
 * code in brackets, so that a dead letter's reason tells it; it is one line and never long,
 * whatever it cites.
 */
public final class EventException extends SerializationException {
  private static final int MAX_CHARACTERS = 500;

  private final String code;

  /**
   * @param code stable, snake case: {@code missing_attribute}, {@code unsupported_specversion},
   *     {@code unknown_event_type}, {@code unexpected_event_type}, {@code
   *     unsupported_content_type}, {@code attribute_too_long}, {@code attribute_not_plain}, {@code
   *     invalid_time}, {@code missing_value}, {@code invalid_json}, {@code invalid_event_data},
   *     {@code key_mismatch}, {@code unreadable_event}
   */
  public EventException(String code, String message) {
    super("[" + code + "] " + line(message));
    this.code = code;
  }

  /** As the other, with the cause. */
  public EventException(String code, String message, Throwable cause) {
    super("[" + code + "] " + line(message), cause);
    this.code = code;
  }

  private static String line(String message) {
    int end = Math.min(message.length(), MAX_CHARACTERS);
    StringBuilder line = new StringBuilder(end);
    for (int i = 0; i < end; i++) {
      char c = message.charAt(i);
      boolean half = Character.isSurrogate(c) && !isPair(message, i, end);
      line.append(half || Character.isISOControl(c) ? '\uFFFD' : c);
    }
    return end == message.length()
        ? line.toString()
        : line.append("... (%d characters)".formatted(message.length())).toString();
  }

  private static boolean isPair(String text, int at, int end) {
    return Character.isHighSurrogate(text.charAt(at))
        ? at + 1 < end && Character.isLowSurrogate(text.charAt(at + 1))
        : at > 0 && Character.isHighSurrogate(text.charAt(at - 1));
  }

  /** The stable code, for programs. */
  public String code() {
    return code;
  }

  /** The error as events and APIs show it. */
  public ErrorDetail detail() {
    return new ErrorDetail(code, getMessage(), null);
  }
}
