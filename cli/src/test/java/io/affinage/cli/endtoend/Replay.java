package io.affinage.cli.endtoend;

import io.affinage.events.KafkaDefaults;
import io.affinage.events.Topic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** A producer that repeats itself: sends what a topic holds once more, byte for byte. */
final class Replay {
  private final Map<String, Object> connection;

  Replay(String bootstrapServers) {
    connection = Map.of("bootstrap.servers", bootstrapServers);
  }

  /** Returns how many records were sent. */
  int sendAllAgain(Topic topic) {
    List<ConsumerRecord<byte[], byte[]>> records = records(topic);
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

  private List<ConsumerRecord<byte[], byte[]>> records(Topic topic) {
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            KafkaDefaults.consumer(connection),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic.name()).stream()
              .map(info -> new TopicPartition(info.topic(), info.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (ends.entrySet().stream()
          .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
        consumer.poll(Duration.ofMillis(100)).forEach(records::add);
      }
    }
    return records;
  }
}
