package io.affinage.events.follow;

import io.affinage.events.EventCodec;
import io.affinage.events.EventException;
import io.affinage.events.KafkaDefaults;
import io.affinage.events.Topic;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads whole topics, from their beginning and on, on its caller's thread. Joins no group: nothing
 * is committed and nobody is disturbed. Only committed records are told. Not thread-safe, but
 * {@link #wakeUp()}, {@link #skipped} and {@link #missing()} may be called from anywhere.
 */
public final class TopicReader implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TopicReader.class);
  private static final Duration ANSWER = Duration.ofSeconds(15);
  private static final Duration SHORT_POLL = Duration.ofMillis(100);

  /** How often new partitions are looked for. */
  static final Duration LOOK_AGAIN = Duration.ofSeconds(30);

  private static final Duration LOOK_FOR_MISSING = Duration.ofSeconds(2);

  private final Map<String, Object> configuration;
  private final Map<String, Topic> topics;
  private final TopicListener listener;
  private final long lookAgainNanos;
  private final TopicOffsets offsets;
  private final Map<String, LongAdder> skipped = new ConcurrentHashMap<>();
  private final Map<TopicPartition, Long> positions = new HashMap<>();
  private final Map<String, Uuid> ids = new HashMap<>();
  private volatile Set<String> missing = Set.of();
  private volatile @Nullable KafkaConsumer<byte[], byte[]> consumer;
  private volatile long nextLook = System.nanoTime();

  /**
   * @param connection bootstrap servers and security
   * @param topics to read; dead-letter topics too
   */
  public TopicReader(
      Map<String, Object> connection, Collection<Topic> topics, TopicListener listener) {
    this(connection, topics, listener, LOOK_AGAIN);
  }

  TopicReader(
      Map<String, Object> connection,
      Collection<Topic> topics,
      TopicListener listener,
      Duration lookAgain) {
    this.configuration = KafkaDefaults.consumer(connection);
    this.configuration.remove(ConsumerConfig.GROUP_ID_CONFIG);
    // A view is rebuilt from all there is; small steps are for handlers that do work.
    this.configuration.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 500);
    this.configuration.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) ANSWER.toMillis());
    this.topics =
        topics.stream().collect(Collectors.toUnmodifiableMap(Topic::name, Function.identity()));
    this.listener = listener;
    this.lookAgainNanos = lookAgain.toNanos();
    this.offsets = new TopicOffsets(connection);
  }

  /**
   * Reads what has come, waiting at most so long for the first.
   *
   * @throws KafkaException when the topics cannot be read now; the next call goes on where this one
   *     ended
   */
  public void poll(Duration wait) {
    look();
    KafkaConsumer<byte[], byte[]> reading = consumer;
    if (reading == null || reading.assignment().isEmpty()) {
      // There is nothing to wait on; the next look may find something.
      pause(wait);
      return;
    }
    for (ConsumerRecord<byte[], byte[]> record : reading.poll(wait)) {
      // Before it is applied: what ends this reader once must not end it for ever.
      positions.put(new TopicPartition(record.topic(), record.partition()), record.offset() + 1);
      take(record);
    }
    for (TopicPartition partition : reading.assignment()) {
      positions.put(partition, reading.position(partition));
    }
  }

  /**
   * Reads all that is committed now.
   *
   * @param silence after which, without any progress, it is given up
   * @throws TopicsUnavailableException when given up
   */
  public void catchUp(Duration silence) {
    look();
    Map<TopicPartition, Long> ends = ends(IsolationLevel.READ_COMMITTED, silence);
    long deadline = System.nanoTime() + silence.toNanos();
    while (!reached(positions, ends)) {
      Map<TopicPartition, Long> before = Map.copyOf(positions);
      poll(SHORT_POLL);
      if (!before.equals(positions)) {
        deadline = System.nanoTime() + silence.toNanos();
      } else if (System.nanoTime() > deadline) {
        throw new TopicsUnavailableException("the topics cannot be read up to " + ends);
      }
    }
  }

  /** Where the partitions that are read end now. */
  Map<TopicPartition, Long> ends(IsolationLevel level, Duration timeout) {
    return offsets.ends(Set.copyOf(positions.keySet()), level, timeout);
  }

  TopicOffsets offsets() {
    return offsets;
  }

  /** The next offset of each partition. */
  Map<TopicPartition, Long> positions() {
    return Map.copyOf(positions);
  }

  static boolean reached(Map<TopicPartition, Long> positions, Map<TopicPartition, Long> ends) {
    return ends.entrySet().stream()
        .allMatch(end -> positions.getOrDefault(end.getKey(), 0L) >= end.getValue());
  }

  /** The topics that do not exist. */
  public Set<String> missing() {
    return missing;
  }

  /** How many records of a topic could not be read or applied. */
  public long skipped(Topic topic) {
    LongAdder count = skipped.get(topic.name());
    return count == null ? 0 : count.sum();
  }

  /** How many records of all topics could not be read or applied. */
  public long skipped() {
    return skipped.values().stream().mapToLong(LongAdder::sum).sum();
  }

  /** Makes a reading thread throw Kafka's {@code WakeupException}. */
  public void wakeUp() {
    KafkaConsumer<byte[], byte[]> reading = consumer;
    if (reading != null) {
      reading.wakeup();
    }
  }

  /** Has the next poll look for new partitions. */
  void lookSoon() {
    nextLook = System.nanoTime();
  }

  /** Drops the connection; the next poll makes another and goes on where this one ended. */
  void disconnect() {
    KafkaConsumer<byte[], byte[]> old = consumer;
    consumer = null;
    if (old != null) {
      old.close(CloseOptions.timeout(Duration.ofSeconds(2)));
    }
  }

  @Override
  public void close() {
    disconnect();
    offsets.close();
  }

  private void look() {
    if (consumer != null && System.nanoTime() - nextLook < 0) {
      return;
    }
    TopicOffsets.Found found = offsets.find(topics.values(), ANSWER);
    tell(found.missing());
    // A topic that was made again has nothing in common with the old one but its name.
    positions
        .keySet()
        .removeIf(
            partition ->
                !found.partitions().contains(partition)
                    || !found.ids().get(partition.topic()).equals(ids.get(partition.topic())));
    ids.clear();
    ids.putAll(found.ids());
    assign(Set.copyOf(found.partitions()));
    nextLook =
        System.nanoTime()
            + (found.missing().isEmpty()
                ? lookAgainNanos
                : Math.min(lookAgainNanos, LOOK_FOR_MISSING.toNanos()));
  }

  private void tell(Set<String> now) {
    Set<String> before = missing;
    now.stream()
        .filter(name -> !before.contains(name))
        .forEach(name -> LOG.warn("Topic {} is missing; it is read once it exists", name));
    before.stream()
        .filter(name -> !now.contains(name))
        .forEach(name -> LOG.info("Topic {} exists and is read", name));
    missing = Set.copyOf(now);
  }

  private void assign(Set<TopicPartition> partitions) {
    KafkaConsumer<byte[], byte[]> reading = consumer;
    if (reading == null) {
      reading =
          new KafkaConsumer<>(
              configuration, new ByteArrayDeserializer(), new ByteArrayDeserializer());
      consumer = reading;
    }
    List<TopicPartition> added =
        partitions.stream().filter(partition -> !positions.containsKey(partition)).toList();
    if (reading.assignment().equals(partitions) && added.isEmpty()) {
      return;
    }
    reading.assign(partitions);
    // An empty collection would mean all partitions to the consumer, and everything be read again.
    if (!added.isEmpty()) {
      reading.beginningOffsets(added, ANSWER).forEach(positions::put);
    }
    positions.forEach(reading::seek);
  }

  private void take(ConsumerRecord<byte[], byte[]> record) {
    try {
      tell(topics.get(record.topic()), record);
    } catch (EventException e) {
      skip(record);
      LOG.warn(
          "Skipped {}-{} offset {}: {}",
          record.topic(),
          record.partition(),
          record.offset(),
          e.getMessage());
    } catch (RuntimeException | StackOverflowError e) {
      skip(record);
      LOG.error(
          "Skipped {}-{} offset {}: it could not be applied",
          record.topic(),
          record.partition(),
          record.offset(),
          e);
    }
  }

  private void tell(@Nullable Topic topic, ConsumerRecord<byte[], byte[]> record) {
    if (topic == null || topic.accepts().isEmpty()) {
      listener.deadLetter(record);
    } else if (record.value() == null && topic.isCompacted()) {
      byte[] key = record.key();
      listener.tombstone(topic, key == null ? "" : new String(key, StandardCharsets.UTF_8));
    } else {
      listener.event(EventCodec.decode(record), record);
    }
  }

  private void skip(ConsumerRecord<byte[], byte[]> record) {
    skipped.computeIfAbsent(record.topic(), name -> new LongAdder()).increment();
  }

  private static void pause(Duration wait) {
    try {
      Thread.sleep(wait.toMillis());
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }
}
