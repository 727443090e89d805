package io.affinage.trainer.kafka;

import io.affinage.events.EvaluationRequested;
import io.affinage.events.Event;
import io.affinage.events.EventCodec;
import io.affinage.events.EventData;
import io.affinage.events.EventFactory;
import io.affinage.events.ModelRegistered;
import io.affinage.events.Topic;
import io.affinage.events.Topics;
import io.affinage.events.TrainingProgressed;
import io.affinage.events.TrainingRequested;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jboss.logging.Logger;

/** Writes events to their topics. */
public final class EventWriter implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(EventWriter.class);

  private final Producer<String, byte[]> producer;
  private final EventFactory events;

  public EventWriter(Producer<String, byte[]> producer, EventFactory events) {
    this.producer = producer;
    this.events = events;
  }

  /** Writes when the broker lets it; a failure is logged and costs nothing but the news. */
  void write(Event<TrainingRequested> cause, EventData data) {
    try {
      producer.send(
          encode(topicOf(data), events.causedBy(cause, data)),
          (written, failure) -> {
            if (failure != null) {
              notWritten(data, failure);
            }
          });
    } catch (KafkaException e) {
      notWritten(data, e);
    }
  }

  private static void notWritten(EventData data, Exception failure) {
    LOG.warnf(
        "%s of %s was not written: %s",
        data.getClass().getSimpleName(), data.key(), failure.getMessage());
  }

  /** Writes an event that follows from a request, and waits until the broker has it. */
  RecordMetadata writeAndWait(Event<TrainingRequested> cause, EventData data, Duration timeout)
      throws TimeoutException, InterruptedException {
    return writeAndWait(events.causedBy(cause, data), timeout);
  }

  /** Writes an event that a user caused, and waits until the broker has it. */
  RecordMetadata writeAndWait(EventData data, Duration timeout)
      throws TimeoutException, InterruptedException {
    return writeAndWait(events.create(data), timeout);
  }

  private RecordMetadata writeAndWait(Event<?> event, Duration timeout)
      throws TimeoutException, InterruptedException {
    try {
      return producer
          .send(encode(topicOf(event.data()), event))
          .get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new KafkaException(e.getCause().getMessage(), e.getCause());
    }
  }

  /** Sends within the producer's open transaction: log, public topic, next requests. */
  void writeTerminal(
      Producer<String, byte[]> fence,
      Event<TrainingRequested> cause,
      EventData terminal,
      List<EventData> onward) {
    Event<?> event = events.causedBy(cause, terminal);
    fence.send(encode(Topics.TRAINING_LOG, event));
    fence.send(
        encode(
            terminal instanceof ModelRegistered ? Topics.MODEL_REGISTERED : Topics.TRAINING_FAILED,
            event));
    for (EventData next : onward) {
      fence.send(encode(topicOf(next), events.causedBy(event, next)));
    }
  }

  private static Topic topicOf(EventData data) {
    if (data instanceof TrainingRequested) {
      return Topics.TRAINING_REQUESTED;
    }
    if (data instanceof EvaluationRequested) {
      return Topics.EVALUATION_REQUESTED;
    }
    return data instanceof TrainingProgressed ? Topics.TRAINING_PROGRESS : Topics.TRAINING_LOG;
  }

  private static ProducerRecord<String, byte[]> encode(Topic topic, Event<?> event) {
    RecordHeaders headers = new RecordHeaders();
    byte[] value = EventCodec.encode(event, headers);
    return new ProducerRecord<>(topic.name(), null, topic.keyOf(event.data()), value, headers);
  }

  @Override
  public void close() {
    producer.close(Duration.ofSeconds(5));
  }
}
