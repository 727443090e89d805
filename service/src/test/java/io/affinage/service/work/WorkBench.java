package io.affinage.service.work;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import io.affinage.events.KafkaDefaults;
import io.affinage.events.TopicProvisioner;
import io.affinage.events.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Sends records to a request topic and looks at what became visible, on a broker of the test. */
final class WorkBench implements AutoCloseable {
  static final Duration SOON = Duration.ofSeconds(90);
  static final String REQUESTS = Topics.REWARD_REQUESTED.name();
  static final String ANSWERS = Topics.REWARD_SCORED.name();
  static final String DEAD_LETTERS = Topics.REWARD_REQUESTED.deadLetter().name();

  private final Map<String, Object> connection;
  private final KafkaProducer<byte[], byte[]> producer;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Map<String, List<ConsumerRecord<byte[], byte[]>>> seen = new HashMap<>();

  WorkBench(String bootstrapServers, int partitions) {
    connection = Map.of("bootstrap.servers", bootstrapServers);
    try (Admin admin = Admin.create(connection)) {
      new TopicProvisioner(admin, partitions, 1).provision();
    }
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
    List<TopicPartition> all = new ArrayList<>();
    for (String topic : List.of(ANSWERS, DEAD_LETTERS)) {
      consumer
          .partitionsFor(topic)
          .forEach(info -> all.add(new TopicPartition(topic, info.partition())));
      seen.put(topic, new ArrayList<>());
    }
    consumer.assign(all);
    consumer.seekToBeginning(all);
  }

  Map<String, Object> connection() {
    return connection;
  }

  /** Sends a record to partition 0, where all of a test are behind one another. */
  void send(String key, String from) {
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(REQUESTS, 0, key.getBytes(UTF_8), new byte[] {1});
    record.headers().add("from", from.getBytes(UTF_8));
    producer.send(record);
  }

  void flush() {
    producer.flush();
  }

  /** The keys of what is visible on a topic, in its order. */
  List<String> keys(String topic) {
    consumer.poll(Duration.ofMillis(50)).forEach(record -> seen.get(record.topic()).add(record));
    return seen.get(topic).stream().map(record -> new String(record.key(), UTF_8)).toList();
  }

  List<String> awaitKeys(String topic, Predicate<List<String>> until) {
    await().atMost(SOON).until(() -> until.test(keys(topic)));
    return keys(topic);
  }

  String deadLetterReason(String key) {
    awaitKeys(DEAD_LETTERS, keys -> keys.contains(key));
    return seen.get(DEAD_LETTERS).stream()
        .filter(record -> new String(record.key(), UTF_8).equals(key))
        .map(record -> new String(record.headers().lastHeader("dead-letter-reason").value(), UTF_8))
        .findFirst()
        .orElseThrow();
  }

  static ProducerRecord<byte[], byte[]> answer(byte[] key, int bytes) {
    return new ProducerRecord<>(ANSWERS, 0, key, new byte[bytes]);
  }

  static String text(byte[] bytes) {
    return new String(bytes, UTF_8);
  }

  static WorkConfig config(String instance) {
    return new Config(instance);
  }

  /** Short pauses; everything else as it is by default. */
  private record Config(String name) implements WorkConfig {
    @Override
    public Optional<String> instance() {
      return Optional.ofNullable(name);
    }

    @Override
    public Duration transactionTimeout() {
      return Duration.ofSeconds(5);
    }

    @Override
    public int tries() {
      return 3;
    }

    @Override
    public int deaths() {
      return 5;
    }

    @Override
    public Duration pause() {
      return Duration.ofMillis(20);
    }
  }

  @Override
  public void close() {
    producer.close(Duration.ofSeconds(1));
    consumer.close();
  }
}
