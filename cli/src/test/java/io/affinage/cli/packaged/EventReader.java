package io.affinage.cli.packaged;

import io.affinage.events.Event;
import io.affinage.events.EventCodec;
import io.affinage.events.EventData;
import io.affinage.events.KafkaDefaults;
import io.affinage.events.Topic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Sees everything that is committed on a topic. */
final class EventReader {
  private final Map<String, Object> connection;

  EventReader(String bootstrapServers) {
    connection = Map.of("bootstrap.servers", bootstrapServers);
  }

  /** The committed events of this kind on the topic by now, in the order of each partition. */
  <T extends EventData> List<T> read(Topic topic, Class<T> kind) {
    List<T> found = new ArrayList<>();
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
      while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
          Event<?> event = EventCodec.decode(record);
          if (kind.isInstance(event.data())) {
            found.add(kind.cast(event.data()));
          }
        }
      }
    }
    return found;
  }
}
