package io.affinage.events;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * Records that are no events of their topic, with where they came from and why they are here, under
 * the header names that SmallRye's own dead-letter queue uses.
 */
public final class DeadLetters {
  private static final String PREFIX = "dead-letter-";

  private DeadLetters() {}

  /**
   * A record for the topic's dead letters.
   *
   * @throws IllegalStateException when the topic has none
   */
  public static ProducerRecord<byte[], byte[]> of(
      Topic topic, ConsumerRecord<byte[], byte[]> record, Exception reason) {
    Headers headers = new RecordHeaders();
    for (Header header : record.headers()) {
      // On replay the old reason would hide the new one.
      if (!header.key().startsWith(PREFIX)) {
        headers.add(header);
      }
    }
    add(headers, "reason", String.valueOf(reason.getMessage()));
    add(headers, "exception-class-name", reason.getClass().getName());
    add(headers, "topic", record.topic());
    add(headers, "partition", Integer.toString(record.partition()));
    add(headers, "offset", Long.toString(record.offset()));
    return new ProducerRecord<>(
        topic.deadLetter().name(), null, record.key(), record.value(), headers);
  }

  private static void add(Headers headers, String name, String value) {
    headers.add(PREFIX + name, value.getBytes(UTF_8));
  }
}
