package io.affinage.events.lease.kafka;

import io.affinage.events.Event;
import io.affinage.events.EventException;
import io.affinage.events.EventSerializer;
import io.affinage.events.KafkaDefaults;
import io.affinage.events.lease.JobEntry;
import io.affinage.events.lease.JobLog;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Appends entries that are not the end of a job. Thread-safe; one per process and log is enough.
 */
public final class JobLogWriter implements AutoCloseable {
  /** An entry that is late by more than a lease helps nobody. */
  private static final Duration DELIVERY = Duration.ofSeconds(30);

  private final JobLog log;
  private final KafkaProducer<String, Event<?>> producer;

  /**
   * @param connection bootstrap servers and security
   */
  public JobLogWriter(Map<String, Object> connection, JobLog log) {
    this.log = log;
    Map<String, Object> configuration = KafkaDefaults.producer(connection);
    configuration.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 10_000);
    configuration.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, (int) DELIVERY.toMillis());
    configuration.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, DELIVERY.toMillis());
    configuration.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    this.producer =
        new KafkaProducer<>(configuration, new StringSerializer(), new EventSerializer());
  }

  /** As {@link #append(Event, Duration)} within 30 s. */
  public void append(Event<?> event) {
    append(event, DELIVERY);
  }

  /**
   * Appends an entry and waits until the log has it.
   *
   * @param timeout at most 30 s count
   * @throws IllegalArgumentException for a terminal event: {@link JobAttempt#end} writes those
   * @throws EventException for an event that does not belong on the log
   * @throws JobLogUnavailableException when the broker does not take it in time; whether it is on
   *     the log is unknown then
   */
  public void append(Event<?> event, Duration timeout) {
    requireNoEnd(event);
    try {
      producer.send(log.topic().record(event)).get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (EventException e) {
      throw e;
    } catch (ExecutionException | TimeoutException | KafkaException e) {
      throw notWritten(event, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new JobLogUnavailableException("interrupted", e);
    }
  }

  /**
   * Appends an entry, in order with all others of this writer, without waiting for the log.
   *
   * @param onFailure told, on another thread, when the log does not have it after 30 s
   * @throws IllegalArgumentException and {@link EventException} as {@link #append(Event)} does
   */
  public void offer(Event<?> event, Consumer<JobLogUnavailableException> onFailure) {
    requireNoEnd(event);
    try {
      producer.send(
          log.topic().record(event),
          (written, failure) -> {
            if (failure != null) {
              onFailure.accept(notWritten(event, failure));
            }
          });
    } catch (EventException e) {
      throw e;
    } catch (KafkaException e) {
      onFailure.accept(notWritten(event, e));
    }
  }

  private void requireNoEnd(Event<?> event) {
    if (log.entry(event.data()).filter(entry -> entry instanceof JobEntry.Ended).isPresent()) {
      throw new IllegalArgumentException(
          event.metadata().type() + " ends a job and is written by its attempt only");
    }
  }

  private JobLogUnavailableException notWritten(Event<?> event, Exception cause) {
    return new JobLogUnavailableException(
        "%s not written to %s: %s"
            .formatted(
                event.metadata().type(),
                log.topic().name(),
                cause instanceof TimeoutException ? "no answer in time" : cause.getMessage()),
        cause);
  }

  @Override
  public void close() {
    producer.close();
  }
}
