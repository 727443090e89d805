package io.affinage.events;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * One topic.
 *
 * @param name its name on the cluster
 * @param keeps what stays on it
 * @param accepts the events that belong on it; empty for a dead-letter topic, which takes any bytes
 * @param hasDeadLetters whether {@link #deadLetter()} exists
 * @param hasBrokerTime whether records carry the time at which the broker appended them, which
 *     leases are judged by, instead of their producer's
 */
public record Topic(
    String name,
    Keeps keeps,
    Set<EventType> accepts,
    boolean hasDeadLetters,
    boolean hasBrokerTime) {
  private static final String DEAD_LETTER_SUFFIX = ".dlq";

  /** What stays on a topic. */
  public sealed interface Keeps {
    /** The latest event of each key. */
    record Latest() implements Keeps {}

    /** Every event for some time. */
    record For(Duration retention) implements Keeps {}
  }

  public Topic {
    accepts = Set.copyOf(accepts);
  }

  static Topic latest(String name, EventType first, EventType... more) {
    return new Topic(name, new Keeps.Latest(), EnumSet.of(first, more), false, false);
  }

  static Topic kept(String name, int days, EventType first, EventType... more) {
    return new Topic(
        name, new Keeps.For(Duration.ofDays(days)), EnumSet.of(first, more), false, false);
  }

  Topic withDeadLetters() {
    return new Topic(name, keeps, accepts, true, hasBrokerTime);
  }

  Topic withBrokerTime() {
    return new Topic(name, keeps, accepts, hasDeadLetters, true);
  }

  /**
   * Where bytes go that are no event of this topic.
   *
   * @throws IllegalStateException when it has none
   */
  public Topic deadLetter() {
    if (!hasDeadLetters) {
      throw new IllegalStateException(name + " has no dead-letter topic");
    }
    return new Topic(
        name + DEAD_LETTER_SUFFIX, new Keeps.For(Duration.ofDays(30)), Set.of(), false, false);
  }

  /** Whether only the latest event of a key is kept. */
  public boolean isCompacted() {
    return keeps instanceof Keeps.Latest;
  }

  /** The topic's configuration on the cluster, as Kafka names and writes it. */
  public Map<String, String> configuration() {
    Map<String, String> configuration = new TreeMap<>();
    if (keeps instanceof Keeps.For time) {
      configuration.put("cleanup.policy", "delete");
      configuration.put("retention.ms", Long.toString(time.retention().toMillis()));
    } else {
      configuration.put("cleanup.policy", "compact");
    }
    if (hasBrokerTime) {
      configuration.put("message.timestamp.type", "LogAppendTime");
    }
    return configuration;
  }

  /**
   * The record key of an event on this topic: on a job's log the job, elsewhere the data's own key.
   */
  public String keyOf(EventData data) {
    boolean log = accepts.contains(EventType.TRAINING_CLAIMED);
    return log && data instanceof ModelRegistered registered ? registered.jobId() : data.key();
  }

  /**
   * An event as a record of this topic, under its key.
   *
   * @throws EventException {@code unexpected_event_type}
   */
  public ProducerRecord<String, Event<?>> record(Event<?> event) {
    requireAccepted(event.metadata().type());
    return new ProducerRecord<>(name, keyOf(event.data()), event);
  }

  void requireAccepted(EventType type) {
    if (!accepts.isEmpty() && !accepts.contains(type)) {
      throw new EventException(
          "unexpected_event_type", "%s does not belong on %s".formatted(type.typeName(), name));
    }
  }

  void check(Event<?> event, byte @Nullable [] key) {
    requireAccepted(event.metadata().type());
    String expected = keyOf(event.data());
    if (key == null || !expected.equals(new String(key, StandardCharsets.UTF_8))) {
      throw new EventException(
          "key_mismatch",
          "the record's key is '%s', the data's '%s'".formatted(EventCodec.text(key), expected));
    }
  }
}
