package io.affinage.service.work;

import io.affinage.events.Topic;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jboss.logging.Logger;

/**
 * Shows for how long open transactions hold readers back: a partition is behind while records lie
 * beyond the last that a reader of committed records sees, and the time is that since this last one
 * stands still.
 */
public final class HeldBackReaders implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(HeldBackReaders.class);
  private static final long INTERVAL_MILLIS = 1_000;
  private static final long ANSWER_SECONDS = 10;
  private static final Duration TOLD_AFTER = Duration.ofSeconds(10);

  private final List<String> topics;
  private final Map<String, Object> connection;
  private final LongSupplier nanos;
  private final Map<TopicPartition, Held> held = new ConcurrentHashMap<>();
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final Thread thread = new Thread(this::run, "held-back-readers");

  /** Where readers stand, since when, and whether that was logged. */
  private record Held(long offset, long since, boolean told) {}

  /**
   * @param topics that are written in transactions
   */
  public HeldBackReaders(
      Collection<Topic> topics, Map<String, Object> connection, MeterRegistry meters) {
    this(topics, connection, meters, System::nanoTime);
  }

  HeldBackReaders(
      Collection<Topic> topics,
      Map<String, Object> connection,
      MeterRegistry meters,
      LongSupplier nanos) {
    this.topics = topics.stream().map(Topic::name).toList();
    this.connection = new HashMap<>(connection);
    this.nanos = nanos;
    for (String topic : this.topics) {
      TimeGauge.builder("affinage.events.held.back", () -> heldNanos(topic), TimeUnit.NANOSECONDS)
          .description("For how long an open transaction has held readers of the topic back")
          .tag("topic", topic)
          .register(meters);
    }
    thread.setDaemon(true);
  }

  /** Begins to look, once the topics exist. */
  public void start() {
    thread.start();
  }

  /** For how long readers of the topic have been held back now; 0 when they are not. */
  long heldNanos(String topic) {
    long now = nanos.getAsLong();
    return held.entrySet().stream()
        .filter(entry -> entry.getKey().topic().equals(topic))
        .mapToLong(entry -> now - entry.getValue().since())
        .max()
        .orElse(0);
  }

  private void run() {
    try {
      do {
        try (Admin admin = Admin.create(connection)) {
          do {
            look(admin);
          } while (!stopped.await(INTERVAL_MILLIS, TimeUnit.MILLISECONDS));
        } catch (ExecutionException | TimeoutException | KafkaException e) {
          LOG.debugf("It cannot be told whether readers are held back: %s", e.getMessage());
        }
      } while (!stopped.await(INTERVAL_MILLIS, TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void look(Admin admin) throws ExecutionException, TimeoutException, InterruptedException {
    Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
    for (TopicDescription topic :
        admin
            .describeTopics(topics)
            .allTopicNames()
            .get(ANSWER_SECONDS, TimeUnit.SECONDS)
            .values()) {
      topic
          .partitions()
          .forEach(
              partition ->
                  ends.put(
                      new TopicPartition(topic.name(), partition.partition()),
                      OffsetSpec.latest()));
    }
    // In this order: what is committed in between is not taken for held back.
    Map<TopicPartition, Long> written = offsets(admin, ends, IsolationLevel.READ_UNCOMMITTED);
    Map<TopicPartition, Long> seen = offsets(admin, ends, IsolationLevel.READ_COMMITTED);
    written.forEach((partition, end) -> found(partition, seen.get(partition), end));
  }

  private static Map<TopicPartition, Long> offsets(
      Admin admin, Map<TopicPartition, OffsetSpec> ends, IsolationLevel level)
      throws ExecutionException, TimeoutException, InterruptedException {
    Map<TopicPartition, ListOffsetsResultInfo> found =
        admin
            .listOffsets(ends, new ListOffsetsOptions(level))
            .all()
            .get(ANSWER_SECONDS, TimeUnit.SECONDS);
    Map<TopicPartition, Long> offsets = new HashMap<>();
    found.forEach((partition, end) -> offsets.put(partition, end.offset()));
    return offsets;
  }

  /**
   * Takes in one look.
   *
   * @param seen where readers of committed records stand at most
   * @param written where the partition ended a moment before
   */
  void found(TopicPartition partition, long seen, long written) {
    if (seen >= written) {
      held.remove(partition);
      return;
    }
    Held before = held.get(partition);
    if (before == null || before.offset() != seen) {
      held.put(partition, new Held(seen, nanos.getAsLong(), false));
    } else if (!before.told() && nanos.getAsLong() - before.since() > TOLD_AFTER.toNanos()) {
      LOG.warnf(
          "An open transaction holds readers of %s back at offset %d: its producer died, or is slow",
          partition, seen);
      held.put(partition, new Held(seen, before.since(), true));
    }
  }

  @Override
  public void close() {
    stopped.countDown();
    thread.interrupt();
  }
}
