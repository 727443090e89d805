package io.affinage.dataset.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.affinage.events.Event;
import io.affinage.events.EventCodec;
import io.affinage.events.Topic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/** Events, tombstones and dead letters as records. */
final class OutgoingRecords {
  private OutgoingRecords() {}

  static ProducerRecord<byte[], byte[]> event(Topic topic, Event<?> event) {
    Headers headers = new RecordHeaders();
    byte[] value = EventCodec.encode(event, headers);
    byte[] key = topic.keyOf(event.data()).getBytes(UTF_8);
    return new ProducerRecord<>(topic.name(), null, key, value, headers);
  }

  static ProducerRecord<byte[], byte[]> tombstone(Topic topic, String key) {
    return new ProducerRecord<>(topic.name(), key.getBytes(UTF_8), null);
  }

  /** A record that is no event of its topic, with where it came from and why it is here. */
  static ProducerRecord<byte[], byte[]> deadLetter(
      Topic topic, ConsumerRecord<byte[], byte[]> record, Exception reason) {
    Headers headers = new RecordHeaders();
    for (Header header : record.headers()) {
      // On replay the old reason would hide the new one.
      if (!header.key().startsWith("dead-letter-")) {
        headers.add(header);
      }
    }
    add(headers, "reason", reason.getMessage());
    add(headers, "exception-class-name", reason.getClass().getName());
    add(headers, "topic", record.topic());
    add(headers, "partition", Integer.toString(record.partition()));
    add(headers, "offset", Long.toString(record.offset()));
    return new ProducerRecord<>(
        topic.deadLetter().name(), null, record.key(), record.value(), headers);
  }

  private static void add(Headers headers, String name, String value) {
    headers.add("dead-letter-" + name, String.valueOf(value).getBytes(UTF_8));
  }
}
