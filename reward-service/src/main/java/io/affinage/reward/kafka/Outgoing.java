package io.affinage.reward.kafka;

import io.affinage.events.Topic;
import io.smallrye.reactive.messaging.kafka.api.OutgoingKafkaRecordMetadata;
import org.apache.kafka.common.header.Headers;
import org.eclipse.microprofile.reactive.messaging.Message;

/** Bytes for a topic as a message. */
final class Outgoing {
  private Outgoing() {}

  static Message<byte[]> message(Topic topic, byte[] key, byte[] value, Headers headers) {
    return Message.of(value)
        .addMetadata(
            OutgoingKafkaRecordMetadata.<byte[]>builder()
                .withTopic(topic.name())
                .withKey(key)
                .withHeaders(headers)
                .build());
  }
}
