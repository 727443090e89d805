package io.affinage.dataset;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.affinage.events.Event;
import io.affinage.events.EventCodec;
import io.affinage.events.EventData;
import io.affinage.events.EventFactory;
import io.affinage.events.KafkaDefaults;
import io.affinage.events.Topic;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Another party on the broker: sends, and sees everything committed on a topic. */
public final class KafkaProbe implements AutoCloseable {
  public static final Duration SOON = Duration.ofSeconds(90);

  private final EventFactory events = new EventFactory("/test/producer", Clock.systemUTC());
  private final KafkaProducer<byte[], byte[]> producer;
  private final KafkaConsumer<byte[], byte[]> consumer;

  public KafkaProbe(String bootstrapServers) {
    Map<String, Object> connection = Map.of("bootstrap.servers", bootstrapServers);
    producer =
        new KafkaProducer<>(
            KafkaDefaults.producer(connection),
            new ByteArraySerializer(),
            new ByteArraySerializer());
    consumer =
        new KafkaConsumer<>(
            KafkaDefaults.consumer(connection),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
  }

  public Event<?> send(Topic topic, EventData data, String runId) {
    Event<?> event = events.create(data, runId);
    send(topic, event);
    return event;
  }

  public void send(Topic topic, Event<?> event) {
    RecordHeaders headers = new RecordHeaders();
    byte[] value = EventCodec.encode(event, headers);
    send(
        new ProducerRecord<>(
            topic.name(), null, topic.keyOf(event.data()).getBytes(UTF_8), value, headers));
  }

  public void sendBytes(Topic topic, String key, byte[] value) {
    send(new ProducerRecord<>(topic.name(), key.getBytes(UTF_8), value));
  }

  public void send(ProducerRecord<byte[], byte[]> record) {
    try {
      producer.send(record).get();
    } catch (InterruptedException | ExecutionException e) {
      throw new AssertionError(e);
    }
  }

  /** Everything committed on the topic under the key by now. */
  public List<ConsumerRecord<byte[], byte[]>> records(Topic topic, String key) {
    List<TopicPartition> partitions =
        consumer.partitionsFor(topic.name()).stream()
            .map(info -> new TopicPartition(topic.name(), info.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
    List<ConsumerRecord<byte[], byte[]>> found = new ArrayList<>();
    while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
        if (Arrays.equals(key.getBytes(UTF_8), record.key())) {
          found.add(record);
        }
      }
    }
    return found;
  }

  public <T extends EventData> List<T> events(Topic topic, String key, Class<T> type) {
    return records(topic, key).stream()
        .filter(record -> record.value() != null)
        .map(record -> EventCodec.decode(record).as(type).data())
        .toList();
  }

  /** Waits for the first event of the key. */
  public <T extends EventData> T first(Topic topic, String key, Class<T> type) {
    await().atMost(SOON).untilAsserted(() -> assertThat(events(topic, key, type)).isNotEmpty());
    return events(topic, key, type).get(0);
  }

  @Override
  public void close() {
    producer.close();
    consumer.close();
  }
}
