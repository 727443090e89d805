package io.affinage.events.lease.kafka;

import io.affinage.events.Event;
import io.affinage.events.EventCodec;
import io.affinage.events.EventException;
import io.affinage.events.KafkaDefaults;
import io.affinage.events.lease.JobEntry;
import io.affinage.events.lease.JobLog;
import io.affinage.events.lease.JobLogChange;
import io.affinage.events.lease.JobState;
import io.affinage.events.lease.JobViews;
import io.affinage.events.lease.LogClock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a job log, all partitions from the beginning, committed records only, on a thread of its
 * own, and keeps the state of every job. Survives broker restarts. Thread-safe.
 */
public final class JobLogReader implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(JobLogReader.class);
  private static final Duration POLL = Duration.ofMillis(500);
  private static final long BACKOFF_MILLIS = 1_000;

  private final JobLog log;
  private final LogClock clock;
  private final Consumer<JobLogChange> listener;
  private final Admin admin;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Thread thread;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition advanced = lock.newCondition();
  // All guarded by the lock.
  private final JobViews views = new JobViews();
  private final Map<TopicPartition, Long> positions = new HashMap<>();
  private final Map<TopicPartition, Long> endsAtStart = new HashMap<>();
  private boolean ready;
  private boolean closing;
  private long poison;

  private JobLogReader(
      Map<String, Object> connection, JobLog log, LogClock clock, Consumer<JobLogChange> listener) {
    this.log = log;
    this.clock = clock;
    this.listener = listener;
    Map<String, Object> configuration = KafkaDefaults.consumer(connection);
    // A view is rebuilt from all there is; small steps are for handlers that do work.
    configuration.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 500);
    this.consumer =
        new KafkaConsumer<>(
            configuration, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    this.admin = Admin.create(connection);
    this.thread = new Thread(this::run, "job-log-" + log.topic().name());
    this.thread.setDaemon(true);
  }

  /**
   * Starts reading; does not wait for the broker.
   *
   * @param connection bootstrap servers and security
   * @param clock told the time of every entry
   * @param listener told of every entry in log order, on the reader's thread, after the snapshot
   *     shows it; what it throws is logged
   */
  public static JobLogReader start(
      Map<String, Object> connection, JobLog log, LogClock clock, Consumer<JobLogChange> listener) {
    JobLogReader reader = new JobLogReader(connection, log, clock, listener);
    reader.thread.start();
    return reader;
  }

  /** Whether everything has been read that was on the log when reading began. */
  public boolean isReady() {
    lock.lock();
    try {
      return ready;
    } finally {
      lock.unlock();
    }
  }

  /** The log's time, as far as it can be told here. */
  public Instant time() {
    return clock.instant();
  }

  /** The state of a job. */
  public JobState state(String jobId) {
    lock.lock();
    try {
      return views.state(jobId);
    } finally {
      lock.unlock();
    }
  }

  /** The states of all jobs on the log. */
  public Map<String, JobState> snapshot() {
    lock.lock();
    try {
      return views.snapshot();
    } finally {
      lock.unlock();
    }
  }

  /** How many records were no events of this log, and were passed over. */
  public long poisonCount() {
    lock.lock();
    try {
      return poison;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until everything that lies on the log now has been read.
   *
   * @throws JobLogUnavailableException when that takes longer than the timeout
   */
  public void catchUp(Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    awaitUntil(deadline, () -> ready, "not read yet");
    Map<TopicPartition, Long> ends = highWatermarks(partitions(), remaining(deadline));
    awaitUntil(deadline, () -> hasReached(ends), "not read up to " + ends);
  }

  /**
   * Waits until {@link #isReady()}.
   *
   * @throws JobLogUnavailableException when that takes longer than the timeout
   */
  public void awaitReady(Duration timeout) {
    awaitUntil(System.nanoTime() + timeout.toNanos(), () -> ready, "not read yet");
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closing = true;
      advanced.signalAll();
    } finally {
      lock.unlock();
    }
    consumer.wakeup();
    boolean interrupted = false;
    try {
      thread.join();
    } catch (InterruptedException e) {
      interrupted = true;
    }
    admin.close(Duration.ofSeconds(1));
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    try (consumer) {
      // Begins once only: entries must not be applied twice.
      retried(this::begin);
      while (!isClosing()) {
        retried(this::step);
      }
    } catch (WakeupException e) {
      LOG.debug("reader of {} ends", log.topic().name());
    }
  }

  /** Repeats an action until it works; Kafka's clients already retry what they can. */
  private void retried(Runnable action) {
    while (!isClosing()) {
      try {
        action.run();
        return;
      } catch (WakeupException e) {
        throw e;
      } catch (KafkaException | JobLogUnavailableException e) {
        LOG.warn("reading {} failed, trying again: {}", log.topic().name(), e.getMessage());
        pause();
      }
    }
  }

  private void begin() {
    List<TopicPartition> partitions =
        consumer.partitionsFor(log.topic().name()).stream()
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList();
    if (partitions.isEmpty()) {
      throw new JobLogUnavailableException(
          "topic %s is missing".formatted(log.topic().name()), null);
    }
    consumer.assign(partitions);
    Map<TopicPartition, Long> beginnings = consumer.beginningOffsets(partitions);
    beginnings.forEach(consumer::seek);
    Map<TopicPartition, Long> ends = highWatermarks(partitions, Duration.ofSeconds(30));
    lock.lock();
    try {
      positions.putAll(beginnings);
      endsAtStart.putAll(ends);
    } finally {
      lock.unlock();
    }
  }

  private void step() {
    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
      apply(record);
    }
    Map<TopicPartition, Long> now =
        consumer.assignment().stream()
            .collect(
                Collectors.toMap(
                    partition -> partition, partition -> consumer.position(partition, POLL)));
    lock.lock();
    try {
      positions.putAll(now);
      ready = ready || hasReached(endsAtStart);
      advanced.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void apply(ConsumerRecord<byte[], byte[]> record) {
    JobLogChange change = null;
    lock.lock();
    try {
      Event<?> event = EventCodec.decode(record);
      JobEntry entry = log.entry(event.data()).orElse(null);
      if (entry != null) {
        JobState before = views.state(entry.jobId());
        Instant time = Instant.ofEpochMilli(record.timestamp());
        clock.read(time);
        String eventId = event.metadata().source() + " " + event.metadata().id();
        JobState.Transition transition = views.apply(eventId, entry, time);
        change =
            new JobLogChange(
                entry.jobId(), event, time, before, transition.state(), transition.verdict());
      }
    } catch (EventException | IllegalArgumentException e) {
      poison++;
      LOG.warn(
          "passed over {}-{} offset {}: {}",
          record.topic(),
          record.partition(),
          record.offset(),
          e.getMessage());
    } finally {
      lock.unlock();
    }
    if (change != null) {
      tell(change);
    }
  }

  private void tell(JobLogChange change) {
    try {
      listener.accept(change);
    } catch (RuntimeException e) {
      LOG.error("a listener failed on {} of {}", change.verdict(), change.jobId(), e);
    }
  }

  private Set<TopicPartition> partitions() {
    lock.lock();
    try {
      return Set.copyOf(positions.keySet());
    } finally {
      lock.unlock();
    }
  }

  private Map<TopicPartition, Long> highWatermarks(
      Collection<TopicPartition> partitions, Duration timeout) {
    Map<TopicPartition, OffsetSpec> latest =
        partitions.stream()
            .collect(Collectors.toMap(partition -> partition, partition -> OffsetSpec.latest()));
    try {
      // Not read_committed, which would stop at the first open transaction.
      ListOffsetsOptions options = new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED);
      return admin
          .listOffsets(latest, options)
          .all()
          .get(timeout.toMillis(), TimeUnit.MILLISECONDS)
          .entrySet()
          .stream()
          .collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue().offset()));
    } catch (ExecutionException | TimeoutException e) {
      throw new JobLogUnavailableException(
          "the end of %s is unknown: %s".formatted(log.topic().name(), e), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new JobLogUnavailableException("interrupted", e);
    }
  }

  private void awaitUntil(long deadline, BooleanSupplier condition, String otherwise) {
    lock.lock();
    try {
      while (!condition.getAsBoolean()) {
        long nanos = deadline - System.nanoTime();
        if (closing || nanos <= 0) {
          throw new JobLogUnavailableException(
              "%s: %s%s".formatted(log.topic().name(), otherwise, closing ? " (closed)" : ""),
              null);
        }
        advanced.awaitNanos(nanos);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new JobLogUnavailableException("interrupted", e);
    } finally {
      lock.unlock();
    }
  }

  private boolean hasReached(Map<TopicPartition, Long> ends) {
    return ends.entrySet().stream()
        .allMatch(end -> positions.getOrDefault(end.getKey(), 0L) >= end.getValue());
  }

  private boolean isClosing() {
    lock.lock();
    try {
      return closing;
    } finally {
      lock.unlock();
    }
  }

  private void pause() {
    lock.lock();
    try {
      if (!closing) {
        advanced.await(BACKOFF_MILLIS, TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      closing = true;
    } finally {
      lock.unlock();
    }
  }

  private static Duration remaining(long deadline) {
    return Duration.ofNanos(Math.max(1_000_000, deadline - System.nanoTime()));
  }
}
