package io.affinage.service.work;

import org.apache.kafka.common.KafkaException;

/** A transaction of which nothing became visible, for certain. */
public final class NotWrittenException extends KafkaException {
  private static final long serialVersionUID = 1L;

  NotWrittenException(Throwable cause) {
    super(cause.getMessage(), cause);
  }
}
