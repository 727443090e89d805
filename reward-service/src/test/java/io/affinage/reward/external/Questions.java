package io.affinage.reward.external;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import io.affinage.events.Event;
import io.affinage.events.EventCodec;
import io.affinage.events.EventFactory;
import io.affinage.events.KafkaDefaults;
import io.affinage.events.RewardExternalRequested;
import io.affinage.events.RewardExternalScored;
import io.affinage.events.RewardRequested;
import io.affinage.events.RewardScored;
import io.affinage.events.RewardSpec;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * One who asks for external rewards, and a program with a topic of its own that can be told what to
 * answer.
 */
final class Questions implements AutoCloseable {
  static final Duration SOON = Duration.ofSeconds(60);

  final String topic;
  private final Map<String, Object> connection;
  private final EventFactory events = new EventFactory("/test/external", Clock.systemUTC());
  private final KafkaProducer<byte[], byte[]> producer;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final List<Event<?>> seen = new ArrayList<>();
  private final List<ConsumerRecord<byte[], byte[]>> deadLetters = new ArrayList<>();

  Questions(String bootstrapServers) throws ExecutionException, InterruptedException {
    this(bootstrapServers, "reward.external.requested.t" + UUID.randomUUID());
    try (Admin admin = Admin.create(connection)) {
      admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
    }
    follow(topic);
  }

  Questions(String bootstrapServers, String topic) {
    this.topic = topic;
    connection = Map.of("bootstrap.servers", bootstrapServers);
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
    follow("reward.scored", "reward.external.scored.dlq", "dataset.submitted");
  }

  private void follow(String... topics) {
    List<TopicPartition> all = new ArrayList<>(consumer.assignment());
    for (String name : topics) {
      // A topic that was created just now may have no partitions yet in what the broker tells, and
      // the service would refuse it, too.
      await()
          .atMost(SOON)
          .until(() -> consumer.partitionsFor(name), found -> !found.isEmpty())
          .forEach(info -> all.add(new TopicPartition(name, info.partition())));
    }
    consumer.assign(all);
    consumer.seekToBeginning(all);
  }

  RewardSpec.External spec(long timeoutMillis, int retries, Double fallback) {
    return new RewardSpec.External(topic, timeoutMillis, retries, fallback, null);
  }

  /** Asks under a new id, and gives it. */
  String request(RewardSpec spec, String... completions) {
    String id = UUID.randomUUID().toString();
    request(id, spec, completions);
    return id;
  }

  void request(String id, RewardSpec spec, String... completions) {
    send(
        "reward.requested", events.create(new RewardRequested(id, spec, items(completions), null)));
  }

  static List<RewardRequested.Item> items(String... completions) {
    List<RewardRequested.Item> items = new ArrayList<>();
    for (String completion : completions) {
      items.add(new RewardRequested.Item("i" + items.size(), "p", completion, "yes"));
    }
    return items;
  }

  /** Answers as a program would; null for an item that it cannot score. */
  void answer(String externalId, Double... values) {
    List<RewardExternalScored.Score> scores = new ArrayList<>();
    for (Double value : values) {
      scores.add(new RewardExternalScored.Score("i" + scores.size(), value, null));
    }
    answer(new RewardExternalScored(externalId, scores, null));
  }

  void answer(RewardExternalScored answer) {
    send("reward.external.scored", events.create(answer));
  }

  void answerWith(String externalId, String json) {
    RecordHeaders headers = new RecordHeaders();
    EventCodec.encode(
        events.create(new RewardExternalScored(externalId, List.of(), null)), headers);
    producer.send(
        new ProducerRecord<>(
            "reward.external.scored",
            null,
            externalId.getBytes(UTF_8),
            json.getBytes(UTF_8),
            headers));
    producer.flush();
  }

  private void send(String name, Event<?> event) {
    RecordHeaders headers = new RecordHeaders();
    byte[] value = EventCodec.encode(event, headers);
    producer.send(
        new ProducerRecord<>(name, null, event.data().key().getBytes(UTF_8), value, headers));
    producer.flush();
  }

  private void read() {
    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
      if (record.topic().endsWith(".dlq")) {
        deadLetters.add(record);
      } else {
        seen.add(EventCodec.decode(record));
      }
    }
  }

  <T> List<T> seen(Class<T> type) {
    read();
    return seen.stream().map(Event::data).filter(type::isInstance).map(type::cast).toList();
  }

  /** What was asked on the topic, at least so often for the request. */
  List<RewardExternalRequested> questions(String requestId, int atLeast) {
    return await()
        .atMost(SOON)
        .until(
            () ->
                seen(RewardExternalRequested.class).stream()
                    .filter(question -> question.requestId().equals(requestId))
                    .toList(),
            found -> found.size() >= atLeast);
  }

  String externalId(String requestId) {
    return questions(requestId, 1).get(0).externalId();
  }

  List<RewardScored> scored(String requestId, int atLeast) {
    return await()
        .atMost(SOON)
        .until(
            () ->
                seen(RewardScored.class).stream()
                    .filter(scored -> scored.requestId().equals(requestId))
                    .toList(),
            found -> found.size() >= atLeast);
  }

  RewardScored scored(String requestId) {
    return scored(requestId, 1).get(0);
  }

  String deadLetterReason(String key) {
    return await()
        .atMost(SOON)
        .until(
            () -> {
              read();
              return deadLetters.stream()
                  .filter(letter -> key.equals(new String(letter.key(), UTF_8)))
                  .map(letter -> letter.headers().lastHeader("dead-letter-reason"))
                  .map(header -> new String(header.value(), UTF_8))
                  .findFirst();
            },
            java.util.Optional::isPresent)
        .orElseThrow();
  }

  @Override
  public void close() {
    producer.close(Duration.ofSeconds(1));
    consumer.close();
  }
}
