package io.affinage.reward.kafka;

import io.smallrye.reactive.messaging.kafka.api.OutgoingKafkaRecordMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.eclipse.microprofile.reactive.messaging.Message;

/** Records as messages. */
final class Outgoing {
  private Outgoing() {}

  static Message<byte[]> message(ProducerRecord<byte[], byte[]> record) {
    return Message.of(record.value())
        .addMetadata(
            OutgoingKafkaRecordMetadata.<byte[]>builder()
                .withTopic(record.topic())
                .withKey(record.key())
                .withHeaders(record.headers())
                .build());
  }
}
