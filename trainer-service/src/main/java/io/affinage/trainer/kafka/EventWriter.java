package io.affinage.trainer.kafka;

import io.affinage.events.Event;
import io.affinage.events.EventData;
import io.affinage.events.EventFactory;
import io.affinage.events.Topics;
import io.affinage.events.TrainingProgressed;
import io.affinage.events.TrainingRequested;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.jboss.logging.Logger;

/** Writes what is not on the training log: requests and progress. */
final class EventWriter implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(EventWriter.class);

  private final Producer<String, Event<?>> producer;
  private final EventFactory events;

  EventWriter(Producer<String, Event<?>> producer, EventFactory events) {
    this.producer = producer;
    this.events = events;
  }

  /** Writes when the broker lets it; a failure is logged and costs nothing but the news. */
  void write(Event<TrainingRequested> cause, TrainingProgressed progress) {
    try {
      producer.send(
          Topics.TRAINING_PROGRESS.record(events.causedBy(cause, progress)),
          (written, failure) -> {
            if (failure != null) {
              notWritten(progress, failure);
            }
          });
    } catch (RuntimeException e) {
      notWritten(progress, e);
    }
  }

  private static void notWritten(EventData data, Exception failure) {
    LOG.warnf(
        "%s of %s was not written: %s",
        data.getClass().getSimpleName(), data.key(), failure.getMessage());
  }

  /** Writes a request that a user caused, and waits until the broker has it. */
  RecordMetadata writeAndWait(TrainingRequested request, Duration timeout)
      throws TimeoutException, InterruptedException {
    try {
      return producer
          .send(Topics.TRAINING_REQUESTED.record(events.create(request)))
          .get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new KafkaException(e.getCause().getMessage(), e.getCause());
    }
  }

  @Override
  public void close() {
    producer.close(Duration.ofSeconds(5));
  }
}
