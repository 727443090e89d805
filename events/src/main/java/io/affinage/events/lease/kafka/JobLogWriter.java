package io.affinage.events.lease.kafka;

import io.affinage.events.Event;
import io.affinage.events.EventException;
import io.affinage.events.EventSerializer;
import io.affinage.events.KafkaDefaults;
import io.affinage.events.lease.JobEntry;
import io.affinage.events.lease.JobLog;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Appends entries that are not the end of a job. Thread-safe; one per process and log is enough.
 */
public final class JobLogWriter implements AutoCloseable {
  private final JobLog log;
  private final KafkaProducer<String, Event<?>> producer;

  /**
   * @param connection bootstrap servers and security
   */
  public JobLogWriter(Map<String, Object> connection, JobLog log) {
    this.log = log;
    Map<String, Object> configuration = KafkaDefaults.producer(connection);
    // An entry that is late by more than a lease helps nobody.
    configuration.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 10_000);
    configuration.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 30_000);
    configuration.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 30_000);
    configuration.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    this.producer =
        new KafkaProducer<>(configuration, new StringSerializer(), new EventSerializer());
  }

  /**
   * Appends an entry and waits until the log has it.
   *
   * @throws IllegalArgumentException for a terminal event: {@link JobAttempt#end} writes those
   * @throws EventException for an event that does not belong on the log
   * @throws JobLogUnavailableException when the broker does not take it within 30 s; whether it is
   *     on the log is unknown then
   */
  public void append(Event<?> event) {
    if (log.entry(event.data()).filter(entry -> entry instanceof JobEntry.Ended).isPresent()) {
      throw new IllegalArgumentException(
          event.metadata().type() + " ends a job and is written by its attempt only");
    }
    try {
      producer.send(log.topic().record(event)).get();
    } catch (EventException e) {
      throw e;
    } catch (ExecutionException | KafkaException e) {
      throw new JobLogUnavailableException(
          "%s not written to %s: %s"
              .formatted(event.metadata().type(), log.topic().name(), e.getMessage()),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new JobLogUnavailableException("interrupted", e);
    }
  }

  @Override
  public void close() {
    producer.close();
  }
}
