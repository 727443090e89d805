package io.affinage.events.follow;

import io.affinage.events.Event;
import io.affinage.events.Topic;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Takes what is read, in the order of each partition. What it throws makes the record a skipped one
 * and stops nothing.
 */
@FunctionalInterface
public interface TopicListener {
  /**
   * An event that belongs on its topic and lies under its key.
   *
   * @param record that it came in, with the broker's time
   */
  void event(Event<?> event, ConsumerRecord<byte[], byte[]> record);

  /** A key of a compacted topic was deleted. */
  default void tombstone(Topic topic, String key) {}

  /** A record of a dead-letter topic, of any bytes. */
  default void deadLetter(ConsumerRecord<byte[], byte[]> record) {}
}
