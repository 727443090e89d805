package io.affinage.trainer.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.affinage.broker.testing.TestBroker;
import io.affinage.events.KafkaDefaults;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Everything committed on a topic. */
public final class TopicDump implements AutoCloseable {
  private final Consumer<byte[], byte[]> consumer;
  private final List<ConsumerRecord<byte[], byte[]>> read = new ArrayList<>();

  private TopicDump(Consumer<byte[], byte[]> consumer) {
    this.consumer = consumer;
  }

  public static TopicDump of(TestBroker broker, String topic) {
    return of(broker.bootstrapServers(), topic);
  }

  public static TopicDump of(String bootstrapServers, String topic) {
    Consumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            KafkaDefaults.consumer(Map.of("bootstrap.servers", bootstrapServers)),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    List<TopicPartition> all =
        consumer.partitionsFor(topic).stream()
            .map(p -> new TopicPartition(topic, p.partition()))
            .toList();
    consumer.assign(all);
    consumer.seekToBeginning(all);
    return new TopicDump(consumer);
  }

  /** All records up to the topic's present end. */
  public List<ConsumerRecord<byte[], byte[]>> records() {
    Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
    while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
      consumer.poll(Duration.ofMillis(100)).forEach(read::add);
    }
    return read;
  }

  List<String> keysWithValue(String text) {
    return records().stream()
        .filter(r -> text(r.value()).contains(text))
        .map(r -> text(r.key()))
        .toList();
  }

  void awaitContains(String text) {
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(keysWithValue(text)).hasSize(1));
  }

  public static String text(byte[] bytes) {
    return bytes == null ? "" : new String(bytes, StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    consumer.close();
  }
}
