package io.affinage.cli.endtoend;

import io.affinage.cli.topics.CommittedRecords;
import io.affinage.events.KafkaDefaults;
import io.affinage.events.Topic;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** A producer that repeats itself: sends what a topic holds once more, byte for byte. */
final class Replay {
  private final Map<String, Object> connection;

  Replay(String bootstrapServers) {
    connection = Map.of("bootstrap.servers", bootstrapServers);
  }

  /** Returns how many records were sent. */
  int sendAllAgain(Topic topic) {
    List<ConsumerRecord<byte[], byte[]>> records = CommittedRecords.of(connection, topic);
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            KafkaDefaults.producer(connection),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      records.forEach(
          record ->
              producer.send(
                  new ProducerRecord<>(
                      record.topic(), null, record.key(), record.value(), record.headers())));
    }
    return records.size();
  }
}
