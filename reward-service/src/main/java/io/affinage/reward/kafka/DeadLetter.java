package io.affinage.reward.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.affinage.events.Topic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.eclipse.microprofile.reactive.messaging.Message;

/**
 * A record that is no event of its topic, with where it came from and why it is here, under the
 * header names that SmallRye's own dead-letter queue uses.
 */
record DeadLetter(byte[] key, byte[] value, Headers headers) {

  static DeadLetter of(ConsumerRecord<byte[], byte[]> record, Exception reason) {
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
    return new DeadLetter(record.key(), record.value(), headers);
  }

  Message<byte[]> asMessage(Topic topic) {
    return Outgoing.message(topic, key, value, headers);
  }

  private static void add(Headers headers, String name, String value) {
    headers.add("dead-letter-" + name, String.valueOf(value).getBytes(UTF_8));
  }
}
