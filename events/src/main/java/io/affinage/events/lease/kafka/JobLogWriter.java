package io.affinage.events.lease.kafka;

import io.affinage.events.Event;
import io.affinage.events.EventException;
import io.affinage.events.EventSerializer;
import io.affinage.events.KafkaDefaults;
import io.affinage.events.lease.JobEntry;
import io.affinage.events.lease.JobLog;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Appends entries that are not the end of a job, in the order in which they are given. A thread of
 * its own hands them to Kafka, whose client waits for a topic that is gone or a buffer that is
 * full: callers wait no longer than they say. Thread-safe; one per process and log is enough.
 */
public final class JobLogWriter implements AutoCloseable {
  /** An entry that is late by more than a lease helps nobody. */
  private static final Duration DELIVERY = Duration.ofSeconds(30);

  private static final Duration CLOSE = Duration.ofSeconds(5);
  private static final int MOST_WAITING = 1_000;

  private final JobLog log;
  private final KafkaProducer<String, Event<?>> producer;
  private final ThreadPoolExecutor sender;

  /** An entry that waits for its turn. */
  private record Entry(
      KafkaProducer<String, Event<?>> producer,
      ProducerRecord<String, Event<?>> record,
      CompletableFuture<Void> written)
      implements Runnable {
    @Override
    public void run() {
      if (written.isDone()) {
        return;
      }
      try {
        producer.send(
            record,
            (at, failure) -> {
              if (failure == null) {
                written.complete(null);
              } else {
                written.completeExceptionally(failure);
              }
            });
      } catch (RuntimeException e) {
        written.completeExceptionally(e);
      }
    }

    void drop() {
      written.completeExceptionally(new KafkaException("the writer was closed"));
    }
  }

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
    this.sender =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(MOST_WAITING),
            task -> {
              Thread thread = new Thread(task, "job-log-writer-" + log.topic().name());
              thread.setDaemon(true);
              return thread;
            });
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
    CompletableFuture<Void> written = submit(event);
    try {
      written.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof EventException wrong) {
        throw wrong;
      }
      throw notWritten(event, e.getCause());
    } catch (TimeoutException e) {
      // An entry that has not left yet shall not follow when nobody counts on it any more.
      written.cancel(false);
      throw notWritten(event, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new JobLogUnavailableException("interrupted", e);
    }
  }

  /**
   * Appends an entry, in order with all others of this writer; returns at once.
   *
   * @param onFailure told, on another thread or at once, when the log does not get it
   * @throws IllegalArgumentException and {@link EventException} as {@link #append(Event)} does
   */
  public void offer(Event<?> event, Consumer<JobLogUnavailableException> onFailure) {
    submit(event)
        .whenComplete(
            (done, failure) -> {
              if (failure != null) {
                onFailure.accept(notWritten(event, failure));
              }
            });
  }

  private CompletableFuture<Void> submit(Event<?> event) {
    requireNoEnd(event);
    ProducerRecord<String, Event<?>> record = log.topic().record(event);
    CompletableFuture<Void> written = new CompletableFuture<>();
    try {
      sender.execute(new Entry(producer, record, written));
    } catch (RejectedExecutionException e) {
      written.completeExceptionally(
          new KafkaException(
              sender.isShutdown() ? "the writer is closed" : "too many entries wait for the log"));
    }
    return written;
  }

  private void requireNoEnd(Event<?> event) {
    if (log.entry(event.data()).filter(entry -> entry instanceof JobEntry.Ended).isPresent()) {
      throw new IllegalArgumentException(
          event.metadata().type() + " ends a job and is written by its attempt only");
    }
  }

  private JobLogUnavailableException notWritten(Event<?> event, Throwable cause) {
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
    sender.shutdown();
    try {
      if (!sender.awaitTermination(CLOSE.toMillis(), TimeUnit.MILLISECONDS)) {
        sender.shutdownNow().forEach(entry -> ((Entry) entry).drop());
        sender.awaitTermination(CLOSE.toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      sender.shutdownNow().forEach(entry -> ((Entry) entry).drop());
      Thread.currentThread().interrupt();
    }
    producer.close(CLOSE);
  }
}
