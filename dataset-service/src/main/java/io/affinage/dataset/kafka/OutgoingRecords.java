package io.affinage.dataset.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.affinage.events.Event;
import io.affinage.events.EventCodec;
import io.affinage.events.Topic;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/** Events and tombstones as records. */
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
}
