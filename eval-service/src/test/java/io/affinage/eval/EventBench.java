package io.affinage.eval;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.affinage.events.Event;
import io.affinage.events.EventCodec;
import io.affinage.events.EventData;
import io.affinage.events.EventException;
import io.affinage.events.EventFactory;
import io.affinage.events.KafkaDefaults;
import io.affinage.events.RewardRequested;
import io.affinage.events.RewardScored;
import io.affinage.events.Topic;
import io.affinage.events.Topics;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Writes and reads events in tests. */
public final class EventBench implements AutoCloseable {
  private final Map<String, Object> connection;
  private final EventFactory events = new EventFactory("/test", Clock.systemUTC());
  private final KafkaProducer<byte[], byte[]> producer;
  private volatile boolean closing;
  private Thread scorer;

  public EventBench(String bootstrapServers) {
    connection = Map.of("bootstrap.servers", bootstrapServers);
    producer =
        new KafkaProducer<>(
            KafkaDefaults.producer(connection),
            new ByteArraySerializer(),
            new ByteArraySerializer());
  }

  public void send(Topic topic, EventData data) {
    Event<?> event = events.create(data, "run-1");
    RecordHeaders headers = new RecordHeaders();
    byte[] value = EventCodec.encode(event, headers);
    send(
        new ProducerRecord<>(
            topic.name(), null, topic.keyOf(data).getBytes(UTF_8), value, headers));
  }

  public void send(ProducerRecord<byte[], byte[]> record) {
    producer.send(record);
    producer.flush();
  }

  /** All committed records that are on the topics now. */
  public List<ConsumerRecord<byte[], byte[]>> read(String... topics) {
    List<ConsumerRecord<byte[], byte[]>> found = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> consumer = consumer(topics)) {
      Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
      while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
        consumer.poll(Duration.ofMillis(100)).forEach(found::add);
      }
    }
    return found;
  }

  /** The events of one key on a topic. */
  public <T extends EventData> List<Event<T>> read(Topic topic, String key, Class<T> type) {
    List<Event<T>> found = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : read(topic.name())) {
      decoded(record)
          .filter(event -> event.data().key().equals(key) && type.isInstance(event.data()))
          .ifPresent(event -> found.add(event.as(type)));
    }
    return found;
  }

  /** Empty for what another test has sent to be refused. */
  private static Optional<Event<?>> decoded(ConsumerRecord<byte[], byte[]> record) {
    try {
      return Optional.of(EventCodec.decode(record));
    } catch (EventException e) {
      return Optional.empty();
    }
  }

  /** Plays the reward service's part for exact match, in a thread until closed. */
  public void scoreExactMatches() {
    scorer =
        new Thread(
            () -> {
              try (KafkaConsumer<byte[], byte[]> consumer =
                  consumer(Topics.REWARD_REQUESTED.name())) {
                while (!closing) {
                  consumer.poll(Duration.ofMillis(100)).forEach(this::score);
                }
              }
            },
            "test-scorer");
    scorer.setDaemon(true);
    scorer.start();
  }

  private void score(ConsumerRecord<byte[], byte[]> record) {
    decoded(record).ifPresent(event -> score(event.as(RewardRequested.class).data()));
  }

  private void score(RewardRequested request) {
    List<RewardScored.Score> scores =
        request.items().stream()
            .map(
                item ->
                    new RewardScored.Score(
                        item.itemId(),
                        item.completion().strip().equals(item.reference().strip()) ? 1.0 : 0.0,
                        null,
                        null))
            .toList();
    send(Topics.REWARD_SCORED, new RewardScored(request.requestId(), scores, null));
  }

  private KafkaConsumer<byte[], byte[]> consumer(String... topics) {
    KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            KafkaDefaults.consumer(connection),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    List<TopicPartition> partitions = new ArrayList<>();
    for (String topic : topics) {
      consumer
          .partitionsFor(topic)
          .forEach(p -> partitions.add(new TopicPartition(topic, p.partition())));
    }
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    return consumer;
  }

  @Override
  public void close() {
    closing = true;
    try {
      if (scorer != null) {
        scorer.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    producer.close();
  }
}
