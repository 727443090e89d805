package io.affinage.events;

import org.apache.kafka.common.errors.SerializationException;

/**
 * Bytes that are no event of ours, or an event that cannot be written. The message starts with the
 * code in brackets, so that a dead letter's reason tells it.
 */
public final class EventException extends SerializationException {
  private final String code;

  /**
   * @param code stable, snake case: {@code missing_attribute}, {@code unsupported_specversion},
   *     {@code unknown_event_type}, {@code unexpected_event_type}, {@code
   *     unsupported_content_type}, {@code invalid_time}, {@code missing_value}, {@code
   *     invalid_json}, {@code invalid_event_data}, {@code key_mismatch}
   */
  public EventException(String code, String message) {
    super("[" + code + "] " + message);
    this.code = code;
  }

  /** As the other, with the cause. */
  public EventException(String code, String message, Throwable cause) {
    super("[" + code + "] " + message, cause);
    this.code = code;
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
