package io.affinage.service.work;

import io.affinage.events.ErrorDetail;
import java.util.Set;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.errors.IllegalGenerationException;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.UnknownMemberIdException;

/** Which failures lie with a record, and how that is told. */
final class RecordFaults {
  private static final int MAX_MESSAGE = 500;

  private static final Set<Class<? extends Exception>> OF_AN_ANSWER =
      Set.of(
          RecordTooLargeException.class,
          RecordBatchTooLargeException.class,
          InvalidRecordException.class,
          SerializationException.class);

  private static final Set<Class<? extends Exception>> OF_THE_GROUP =
      Set.of(
          CommitFailedException.class,
          RebalanceInProgressException.class,
          IllegalGenerationException.class,
          UnknownMemberIdException.class);

  private RecordFaults() {}

  /** Whether the broker will never take what was written. */
  static boolean isOfTheAnswer(Throwable e) {
    return causedBy(e, OF_AN_ANSWER);
  }

  /** Whether the instance must take part in a rebalance first. */
  static boolean isOfTheGroup(Throwable e) {
    return causedBy(e, OF_THE_GROUP);
  }

  private static boolean causedBy(Throwable e, Set<Class<? extends Exception>> those) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (those.contains(cause.getClass())) {
        return true;
      }
    }
    return false;
  }

  static ErrorDetail failed(int times, Throwable last) {
    return detail("work_failed", "the work on it failed %d times, last: %s".formatted(times, last));
  }

  static ErrorDetail died(int times) {
    return detail(
        "service_died",
        "the service ended %d times while it worked on it, for want of memory perhaps"
            .formatted(times));
  }

  static ErrorDetail unwritable(Throwable e) {
    return detail("answer_unwritable", "its answer cannot be written: " + e);
  }

  private static ErrorDetail detail(String code, String message) {
    String shown =
        message.length() <= MAX_MESSAGE ? message : message.substring(0, MAX_MESSAGE) + "\u2026";
    return new ErrorDetail(code, shown, null);
  }

  /** Given up after trying; its message is the reason of the dead letter. */
  static final class GivenUpException extends Exception {
    private static final long serialVersionUID = 1L;

    GivenUpException(ErrorDetail why) {
      super("[" + why.code() + "] " + why.message());
    }
  }
}
