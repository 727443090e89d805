package io.affinage.events.follow;

import org.apache.kafka.common.KafkaException;

/** Topics cannot be read, or not as far as wanted in time; trying again may help. */
public final class TopicsUnavailableException extends KafkaException {
  private static final long serialVersionUID = 1L;

  /** Says which topics and why. */
  public TopicsUnavailableException(String message) {
    super(message);
  }

  /** As the other, with the cause. */
  public TopicsUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
