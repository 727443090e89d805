package io.affinage.trainer.kafka;

import io.affinage.events.Event;
import io.affinage.events.EventFactory;
import io.affinage.events.Topics;
import io.affinage.events.TrainingRequested;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;

/** Writes requests. */
final class EventWriter implements AutoCloseable {
  private final Producer<String, Event<?>> producer;
  private final EventFactory events;

  EventWriter(Producer<String, Event<?>> producer, EventFactory events) {
    this.producer = producer;
    this.events = events;
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
