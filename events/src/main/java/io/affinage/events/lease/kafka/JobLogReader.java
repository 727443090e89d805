package io.affinage.events.lease.kafka;

import io.affinage.events.Event;
import io.affinage.events.follow.TopicFollower;
import io.affinage.events.follow.TopicsUnavailableException;
import io.affinage.events.lease.JobEntry;
import io.affinage.events.lease.JobLog;
import io.affinage.events.lease.JobLogChange;
import io.affinage.events.lease.JobState;
import io.affinage.events.lease.JobViews;
import io.affinage.events.lease.LogClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.errors.InterruptException;

/**
 * Follows a job log, committed records only, and keeps the state of every job. Survives broker
 * restarts and records that are no entries. Thread-safe.
 */
public final class JobLogReader implements AutoCloseable {
  private final JobLog log;
  private final LogClock clock;
  private final Consumer<JobLogChange> listener;
  private final TopicFollower follower;
  private final ReentrantLock lock = new ReentrantLock();
  // Guarded by the lock.
  private final JobViews views = new JobViews();

  private JobLogReader(
      Map<String, Object> connection, JobLog log, LogClock clock, Consumer<JobLogChange> listener) {
    this.log = log;
    this.clock = clock;
    this.listener = listener;
    this.follower =
        new TopicFollower(
            log.topic().name(),
            connection,
            List.of(log.topic()),
            IsolationLevel.READ_UNCOMMITTED,
            this::apply);
  }

  /**
   * Starts reading; does not wait for the broker.
   *
   * @param connection bootstrap servers and security
   * @param clock told the time of every entry
   * @param listener told of every entry in log order, on the reader's thread, after the snapshot
   *     shows it; what it throws is logged and counted
   */
  public static JobLogReader start(
      Map<String, Object> connection, JobLog log, LogClock clock, Consumer<JobLogChange> listener) {
    JobLogReader reader = new JobLogReader(connection, log, clock, listener);
    reader.follower.start();
    return reader;
  }

  /** Whether everything has been read that was on the log when reading began. */
  public boolean isReady() {
    return follower.isReady();
  }

  /** What reads the log, for health and metrics. */
  public TopicFollower follower() {
    return follower;
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

  /**
   * Waits until everything that lies on the log now has been read, records of open transactions
   * too.
   *
   * @throws JobLogUnavailableException when that takes longer than the timeout
   */
  public void catchUp(Duration timeout) {
    insist(() -> follower.catchUp(IsolationLevel.READ_UNCOMMITTED, timeout));
  }

  /**
   * Waits until {@link #isReady()}.
   *
   * @throws JobLogUnavailableException when that takes longer than the timeout
   */
  public void awaitReady(Duration timeout) {
    insist(() -> follower.awaitReady(timeout));
  }

  private static void insist(Runnable wait) {
    try {
      wait.run();
    } catch (TopicsUnavailableException e) {
      throw new JobLogUnavailableException(e.getMessage(), e);
    } catch (InterruptException e) {
      // It has set the thread's interrupt status again.
      throw new JobLogUnavailableException("interrupted", e);
    }
  }

  @Override
  public void close() {
    follower.close();
  }

  private void apply(Event<?> event, ConsumerRecord<byte[], byte[]> record) {
    JobEntry entry = log.entry(event.data()).orElse(null);
    if (entry == null) {
      return;
    }
    Instant time = Instant.ofEpochMilli(record.timestamp());
    clock.read(time);
    String eventId = event.metadata().source() + " " + event.metadata().id();
    JobState before;
    JobState.Transition transition;
    lock.lock();
    try {
      before = views.state(entry.jobId());
      transition = views.apply(eventId, entry, time);
    } finally {
      lock.unlock();
    }
    listener.accept(
        new JobLogChange(
            entry.jobId(), event, time, before, transition.state(), transition.verdict()));
  }
}
