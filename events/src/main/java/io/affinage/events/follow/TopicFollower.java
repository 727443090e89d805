package io.affinage.events.follow;

import io.affinage.events.Topic;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;

/**
 * Reads whole topics on a thread of its own, from their beginning and on, for as long as the
 * process lives: whatever ends the reading, it goes on with new connections after a pause, from the
 * record after the last one taken. Thread-safe.
 */
public final class TopicFollower implements MonitoredReader, AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(250);
  private static final Duration END = Duration.ofSeconds(15);

  private final String name;
  private final List<Topic> topics;
  private final IsolationLevel first;
  private final TopicReader reader;
  private final Perpetual thread;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition advanced = lock.newCondition();
  // Guarded by the lock.
  private Map<TopicPartition, Long> positions = Map.of();
  // Of the reading thread alone.
  private @Nullable Map<TopicPartition, Long> endsAtStart;

  /**
   * @param name for logs, metrics and health, for example {@code job-board}
   * @param connection bootstrap servers and security
   * @param first whether it is {@link #isReady()} only when open transactions have ended that are
   *     there at the start
   */
  public TopicFollower(
      String name,
      Map<String, Object> connection,
      Collection<Topic> topics,
      IsolationLevel first,
      TopicListener listener) {
    this(name, connection, topics, first, listener, TopicReader.LOOK_AGAIN);
  }

  /**
   * @param lookAgain how often new partitions are looked for
   */
  TopicFollower(
      String name,
      Map<String, Object> connection,
      Collection<Topic> topics,
      IsolationLevel first,
      TopicListener listener,
      Duration lookAgain) {
    this.name = name;
    this.topics = List.copyOf(topics);
    this.first = first;
    this.reader = new TopicReader(connection, topics, listener, lookAgain);
    this.thread = new Perpetual("follow-" + name, new Steps());
  }

  /** Begins to read; does not wait for the broker. No effect on a follower that reads. */
  public void start() {
    thread.start();
  }

  @Override
  public String name() {
    return name;
  }

  public List<Topic> topics() {
    return topics;
  }

  /** Whether all topics exist and everything was read that was there when reading began. */
  public boolean isReady() {
    return ready.isDone();
  }

  /** Completes when {@link #isReady()}, on the thread that reads. */
  public CompletionStage<Void> ready() {
    return ready.minimalCompletionStage();
  }

  /**
   * Why the view falls behind, for people: the last failure until reading goes on, or the topics
   * that are missing; empty while all is read.
   */
  @Override
  public Optional<String> trouble() {
    return thread
        .trouble()
        .or(
            () ->
                Optional.of(reader.missing())
                    .filter(missing -> !missing.isEmpty())
                    .map(missing -> "missing topics: " + missing.stream().sorted().toList()));
  }

  /** How many records of a topic could not be read or applied. */
  public long skipped(Topic topic) {
    return reader.skipped(topic);
  }

  /** How many records of all topics could not be read or applied. */
  public long skipped() {
    return reader.skipped();
  }

  @Override
  public long restarts() {
    return thread.restarts();
  }

  /**
   * Waits until {@link #isReady()}.
   *
   * @throws TopicsUnavailableException when that takes longer than the timeout
   */
  public void awaitReady(Duration timeout) {
    awaitUntil(System.nanoTime() + timeout.toNanos(), null);
  }

  /**
   * Waits until everything has been read that lies on the topics now.
   *
   * @param level whether records of open transactions are waited for; with {@code READ_UNCOMMITTED}
   *     nothing is missed that was written before this call
   * @throws TopicsUnavailableException when that takes longer than the timeout
   */
  public void catchUp(IsolationLevel level, Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    awaitUntil(deadline, null);
    Duration rest = Duration.ofNanos(Math.max(1, deadline - System.nanoTime()));
    TopicOffsets.Found found = reader.offsets().find(topics, rest);
    if (!found.missing().isEmpty()) {
      throw new TopicsUnavailableException("topics are missing: " + found.missing());
    }
    Map<TopicPartition, Long> ends = reader.offsets().ends(found.partitions(), level, rest);
    if (!isFollowing(ends.keySet())) {
      reader.lookSoon();
    }
    awaitUntil(deadline, ends);
  }

  /**
   * Waits until the record at this offset has been read.
   *
   * @throws TopicsUnavailableException when that takes longer than the timeout
   */
  public void awaitRead(TopicPartition partition, long offset, Duration timeout) {
    awaitUntil(System.nanoTime() + timeout.toNanos(), Map.of(partition, offset + 1));
  }

  /** Waits for positions; for readiness when they are null. */
  private void awaitUntil(long deadline, @Nullable Map<TopicPartition, Long> ends) {
    lock.lock();
    try {
      while (ends == null ? !isReady() : !TopicReader.reached(positions, ends)) {
        long nanos = deadline - System.nanoTime();
        if (thread.isClosing() || nanos <= 0) {
          throw new TopicsUnavailableException(
              "%s: not read %s: %s"
                  .formatted(
                      name,
                      ends == null ? "yet" : "up to " + ends,
                      thread.isClosing() ? "closed" : trouble().orElse("no answer in time")));
        }
        advanced.awaitNanos(nanos);
      }
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    } finally {
      lock.unlock();
    }
  }

  private boolean isFollowing(Set<TopicPartition> partitions) {
    lock.lock();
    try {
      return positions.keySet().containsAll(partitions);
    } finally {
      lock.unlock();
    }
  }

  private void advanced() {
    Map<TopicPartition, Long> now = reader.positions();
    if (endsAtStart == null && reader.missing().isEmpty()) {
      endsAtStart = reader.ends(first, END);
    }
    lock.lock();
    try {
      positions = now;
      advanced.signalAll();
    } finally {
      lock.unlock();
    }
    if (!isReady() && endsAtStart != null && TopicReader.reached(now, endsAtStart)) {
      ready.complete(null);
      signal();
    }
  }

  private void signal() {
    lock.lock();
    try {
      advanced.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    thread.close();
    signal();
  }

  private final class Steps implements Perpetual.Steps {
    @Override
    public void take() {
      reader.poll(POLL);
      advanced();
    }

    @Override
    public void recover() {
      reader.disconnect();
    }

    @Override
    public void wakeUp() {
      reader.wakeUp();
    }

    @Override
    public void end() {
      reader.close();
    }
  }
}
