package io.affinage.trainer.kafka;

import io.affinage.events.Event;
import io.affinage.events.EventCodec;
import io.affinage.events.EventException;
import io.affinage.events.RequestRules;
import io.affinage.events.TrainingRequested;
import io.affinage.trainer.job.Recorded;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jboss.logging.Logger;

/** Reads records of our topics as events; one place decides what is an acceptable request. */
public final class EventRecords {
  private static final Logger LOG = Logger.getLogger(EventRecords.class);

  private EventRecords() {}

  /**
   * @throws EventException for bytes that are no event of the topic, and for a request that no
   *     worker could even end
   */
  static Event<?> read(ConsumerRecord<byte[], byte[]> record) {
    Event<?> event = EventCodec.decode(record);
    if (event.data() instanceof TrainingRequested request) {
      check(request);
    }
    return event;
  }

  /**
   * Empty for what cannot be read: the request channel puts it aside, other topics' owners erred.
   */
  static Optional<Recorded> readOrSkip(ConsumerRecord<byte[], byte[]> record) {
    if (record.value() == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(new Recorded(read(record), record.timestamp()));
    } catch (EventException e) {
      LOG.warnf(
          "Skipped %s-%d@%d: %s",
          record.topic(), record.partition(), record.offset(), e.getMessage());
      return Optional.empty();
    }
  }

  private static void check(TrainingRequested request) {
    RequestRules.require(request);
    if (request.dataset() == null && request.datasetSubmissionId() == null) {
      throw new EventException(
          "invalid_event_data", "neither dataset nor datasetSubmissionId says what to train on");
    }
  }
}
