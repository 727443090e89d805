package io.affinage.trainer.kafka;

import io.affinage.trainer.job.JobBoard;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.jboss.logging.Logger;

/**
 * Reads whole topics into the board, from their beginning, and goes on. Records that cannot be read
 * are left out here; the request channel puts those of its topic aside.
 */
public final class TopicView implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(TopicView.class);
  private static final Duration POLL = Duration.ofMillis(250);
  private static final Duration PAUSE_AFTER_ERROR = Duration.ofSeconds(1);
  private static final Duration PARTITIONS_EVERY = Duration.ofMinutes(1);

  /** Someone who waits until these positions are reached. */
  private record Waiter(Map<TopicPartition, Long> targets, CompletableFuture<Void> reached) {}

  private final JobBoard board;
  private final Set<String> topics;
  private final Queue<Waiter> arriving = new ConcurrentLinkedQueue<>();
  private final List<Waiter> waiting = new ArrayList<>();
  private final long partitionsEveryNanos;
  private final Consumer<byte[], byte[]> consumer;
  private final Admin admin;
  private final Thread thread;
  private volatile boolean closed;
  private long partitionsReadAt;

  public TopicView(KafkaClients clients, JobBoard board, Collection<String> topics) {
    this(clients, board, topics, PARTITIONS_EVERY);
  }

  /**
   * @param partitionsEvery how often new partitions are looked for
   */
  TopicView(
      KafkaClients clients, JobBoard board, Collection<String> topics, Duration partitionsEvery) {
    this.partitionsEveryNanos = partitionsEvery.toNanos();
    this.board = board;
    this.topics = Set.copyOf(topics);
    this.consumer = clients.reader();
    this.admin = clients.admin();
    this.thread = new Thread(this::run, "trainer-topic-view");
    this.thread.setDaemon(true);
  }

  /** Begins to read; the topics must exist. No effect on a view that reads. */
  public void start() {
    if (thread.getState() == Thread.State.NEW) {
      thread.start();
    }
  }

  /**
   * Waits until the board has read everything that is in the topics now. Records of open
   * transactions are waited for as well, so nothing that was written before this call is missed.
   *
   * @throws TimeoutException when the broker does not answer or is too far ahead
   */
  public void catchUp(Duration timeout) throws TimeoutException, InterruptedException {
    catchUp(partitions(topics, timeout), timeout);
  }

  private void catchUp(Collection<TopicPartition> partitions, Duration timeout)
      throws TimeoutException, InterruptedException {
    Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
    partitions.forEach(p -> latest.put(p, OffsetSpec.latest()));
    Map<TopicPartition, Long> targets = new HashMap<>();
    answer(
            admin
                .listOffsets(latest, new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED))
                .all()
                .toCompletionStage()
                .toCompletableFuture(),
            timeout)
        .forEach((partition, info) -> targets.put(partition, info.offset()));
    await(targets, timeout);
  }

  /** Waits until the record at this offset was read. */
  void awaitRead(TopicPartition partition, long offset, Duration timeout)
      throws TimeoutException, InterruptedException {
    await(Map.of(partition, offset + 1), timeout);
  }

  private void await(Map<TopicPartition, Long> targets, Duration timeout)
      throws TimeoutException, InterruptedException {
    Waiter waiter = new Waiter(targets, new CompletableFuture<>());
    arriving.add(waiter);
    consumer.wakeup();
    answer(waiter.reached(), timeout);
  }

  private static <T> T answer(CompletableFuture<T> future, Duration timeout)
      throws TimeoutException, InterruptedException {
    try {
      return future.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      TimeoutException failure =
          new TimeoutException("the broker does not answer: " + e.getCause());
      failure.initCause(e.getCause());
      throw failure;
    } catch (TimeoutException e) {
      future.cancel(false);
      TimeoutException failure =
          new TimeoutException("the broker did not answer within " + timeout);
      failure.initCause(e);
      throw failure;
    }
  }

  private Collection<TopicPartition> partitions(Set<String> of, Duration timeout)
      throws TimeoutException, InterruptedException {
    List<TopicPartition> partitions = new ArrayList<>();
    answer(
            admin.describeTopics(of).allTopicNames().toCompletionStage().toCompletableFuture(),
            timeout)
        .values()
        .forEach(
            topic ->
                topic
                    .partitions()
                    .forEach(p -> partitions.add(new TopicPartition(topic.name(), p.partition()))));
    return partitions;
  }

  private void run() {
    while (!closed) {
      try {
        assignAll();
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          EventRecords.readOrSkip(record).ifPresent(board::apply);
        }
        answerWaiters();
      } catch (WakeupException e) {
        // Somebody new waits, or the view is closed.
      } catch (KafkaException e) {
        LOG.warnf("The topics cannot be read, trying again: %s", e.toString());
        pause();
      } catch (RuntimeException e) {
        LOG.error("An event could not be applied, going on", e);
      }
    }
    consumer.close();
    admin.close(Duration.ofSeconds(1));
  }

  /** Topics are created up front, but an operator may add partitions while this runs. */
  private void assignAll() {
    if (partitionsReadAt != 0 && System.nanoTime() - partitionsReadAt < partitionsEveryNanos) {
      return;
    }
    List<TopicPartition> all = new ArrayList<>();
    for (String topic : topics) {
      List<PartitionInfo> found = consumer.partitionsFor(topic, Duration.ofSeconds(10));
      if (found == null || found.isEmpty()) {
        throw new KafkaException("topic " + topic + " does not exist");
      }
      found.forEach(p -> all.add(new TopicPartition(topic, p.partition())));
    }
    Set<TopicPartition> before = Set.copyOf(consumer.assignment());
    List<TopicPartition> added = all.stream().filter(p -> !before.contains(p)).toList();
    // An empty collection would mean all partitions to the consumer, and everything be read again.
    if (!added.isEmpty()) {
      consumer.assign(all);
      consumer.seekToBeginning(added);
    }
    partitionsReadAt = System.nanoTime();
  }

  private void answerWaiters() {
    for (Waiter waiter = arriving.poll(); waiter != null; waiter = arriving.poll()) {
      waiting.add(waiter);
    }
    waiting.removeIf(
        waiter -> {
          boolean reached =
              waiter.targets().entrySet().stream()
                  .allMatch(e -> consumer.position(e.getKey()) >= e.getValue());
          if (reached) {
            waiter.reached().complete(null);
          }
          return reached || waiter.reached().isDone();
        });
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE_AFTER_ERROR.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    closed = true;
    consumer.wakeup();
  }
}
