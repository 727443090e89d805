package io.affinage.reward.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.broker.testing.ExampleRecords;
import io.affinage.broker.testing.HostileRecords;
import io.affinage.events.Event;
import io.affinage.events.EventCodec;
import io.affinage.events.EventFactory;
import io.affinage.events.KafkaDefaults;
import io.affinage.events.RewardRequested;
import io.affinage.events.RewardRequested.Item;
import io.affinage.events.RewardScored;
import io.affinage.events.RewardSpec;
import io.affinage.events.RoutingSlip;
import io.affinage.events.Topics;
import io.affinage.reward.KafkaResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(KafkaResource.class)
class RewardRequestsIT {
  private static final Duration SOON = Duration.ofSeconds(60);

  @ConfigProperty(name = "kafka.bootstrap.servers")
  String bootstrapServers;

  private final EventFactory events = new EventFactory("/test/asker", Clock.systemUTC());
  private KafkaProducer<byte[], byte[]> producer;
  private KafkaConsumer<byte[], byte[]> answers;
  private KafkaConsumer<byte[], byte[]> deadLetters;

  @BeforeEach
  void connect() {
    Map<String, Object> connection = Map.of("bootstrap.servers", bootstrapServers);
    await()
        .atMost(SOON)
        .untilAsserted(() -> RestAssured.get("/q/health/ready").then().statusCode(200));
    producer =
        new KafkaProducer<>(
            KafkaDefaults.producer(connection),
            new ByteArraySerializer(),
            new ByteArraySerializer());
    answers = consumer(connection, Topics.REWARD_SCORED.name());
    deadLetters = consumer(connection, Topics.REWARD_REQUESTED.deadLetter().name());
  }

  @AfterEach
  void disconnect() {
    producer.close();
    answers.close();
    deadLetters.close();
  }

  @Test
  void shouldAnswerOnceInSubstanceHoweverOftenAsked() {
    Event<RewardRequested> request = request(new RewardSpec.ExactMatch(true, false), "yes", "no");
    send(request);
    send(request);
    List<Event<RewardScored>> scored = scoredFor(request.data().requestId(), 2);
    assertThat(scored)
        .extracting(e -> e.metadata().id())
        .containsOnly(scored.get(0).metadata().id());
    assertThat(scored).allSatisfy(e -> assertThat(e.data()).isEqualTo(scored.get(0).data()));
    RewardScored answer = scored.get(0).data();
    assertThat(answer.error()).isNull();
    assertThat(answer.scores()).extracting(RewardScored.Score::value).containsExactly(1.0, 0.0);
    assertThat(scored.get(0).metadata().causationId()).isEqualTo(request.metadata().id());
    assertThat(scored.get(0).metadata().correlationId()).isEqualTo("run-1");
    assertThat(RestAssured.get("/q/metrics").asString())
        .containsPattern(
            "affinage_events_duplicates_total\\{topic=\"reward.requested\"[^}]*} [1-9]");
  }

  @Test
  void shouldAnswerABadSpecWithItsError() {
    Event<RewardRequested> request = request(new RewardSpec.Regex("("), "yes");
    send(request);
    RewardScored answer = scoredFor(request.data().requestId(), 1).get(0).data();
    assertThat(answer.error().code()).isEqualTo("invalid_pattern");
    assertThat(answer.scores()).isEmpty();
  }

  /** 1.6 kB of schema that would take all memory, and a text that would take all time. */
  @Test
  void shouldAnswerRequestsThatAskForTooMuchAndGoOn() throws Exception {
    StringBuilder defs = new StringBuilder();
    for (int level = 0; level < 8; level++) {
      String next = "{\"$ref\":\"#/$defs/l" + (level + 1) + "\"}";
      defs.append(
          "\"l%d\":{\"allOf\":[%s]},"
              .formatted(level, String.join(",", Collections.nCopies(8, next))));
    }
    String schema = "{\"$ref\":\"#/$defs/l0\",\"$defs\":{" + defs + "\"l8\":{}}}";
    Event<RewardRequested> bomb =
        request(new RewardSpec.JsonSchema(new ObjectMapper().readTree(schema)), "{}");
    Event<RewardRequested> costly =
        request(new RewardSpec.Regex("(x{0,1000}){18}y?$"), "x", "x".repeat(300_000), "x");
    Event<RewardRequested> after = request(new RewardSpec.Length(1, 10), "b");
    List.of(bomb, costly, after).forEach(this::send);
    assertThat(scoredFor(bomb.data().requestId(), 1).get(0).data().error().code())
        .isEqualTo("invalid_schema");
    assertThat(scoredFor(costly.data().requestId(), 1).get(0).data().scores())
        .extracting(RewardScored.Score::code)
        .containsExactly(null, "budget_exhausted", null);
    assertThat(scoredFor(after.data().requestId(), 1)).hasSize(1);
  }

  @Test
  void shouldPutPoisonAsideWithItsReasonAndGoOn() {
    Event<RewardRequested> before = request(new RewardSpec.Length(1, 10), "a");
    Event<RewardRequested> after = request(new RewardSpec.Length(1, 10), "b");
    send(before);
    String mark = UUID.randomUUID().toString();
    send(
        new ProducerRecord<>(
            "reward.requested", mark.getBytes(UTF_8), new byte[] {(byte) 0xff, 0, 1}));
    send(new ProducerRecord<>("reward.requested", null, null));
    RecordHeaders headers = new RecordHeaders();
    EventCodec.encode(before, headers);
    headers.add("dead-letter-reason", "an old reason".getBytes(UTF_8));
    send(
        new ProducerRecord<>(
            "reward.requested", null, mark.getBytes(UTF_8), "{".getBytes(UTF_8), headers));
    send(
        new ProducerRecord<>(
            "reward.requested",
            null,
            mark.getBytes(UTF_8),
            "{\"items\":[]}".getBytes(UTF_8),
            headers));
    send(after);

    assertThat(scoredFor(before.data().requestId(), 1)).hasSize(1);
    assertThat(scoredFor(after.data().requestId(), 1)).hasSize(1);
    List<ConsumerRecord<byte[], byte[]>> dead = new ArrayList<>();
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              for (ConsumerRecord<byte[], byte[]> letter :
                  deadLetters.poll(Duration.ofMillis(200))) {
                if (Arrays.equals(letter.key(), mark.getBytes(UTF_8))) {
                  dead.add(letter);
                }
              }
              assertThat(dead).hasSize(3);
            });
    assertThat(dead)
        .extracting(r -> header(r, "dead-letter-reason"))
        .anySatisfy(reason -> assertThat(reason).contains("missing_attribute"))
        .anySatisfy(reason -> assertThat(reason).contains("invalid_json"))
        .anySatisfy(reason -> assertThat(reason).contains("invalid_event_data"))
        .noneSatisfy(reason -> assertThat(reason).contains("an old reason"));
    assertThat(dead)
        .allSatisfy(r -> assertThat(header(r, "dead-letter-topic")).isEqualTo("reward.requested"));
    assertThat(RestAssured.get("/q/metrics").asString())
        .containsPattern(
            "affinage_events_deadletter_total\\{topic=\"reward.requested\"[^}]*} [1-9]");
  }

  @Test
  void shouldAnswerBehindHostileRecordsOfEveryKind() {
    HostileRecords hostility = new HostileRecords(15);
    for (ProducerRecord<byte[], byte[]> example : ExampleRecords.of("reward.requested")) {
      hostility.each(example).forEach(hostile -> send(hostile.record()));
      hostility.some(example, 40).forEach(hostile -> send(hostile.record()));
    }
    Event<RewardRequested> good = request(new RewardSpec.Length(1, 10), "a");
    send(good);

    assertThat(scoredFor(good.data().requestId(), 1)).hasSize(1);
    RestAssured.get("/q/health/ready").then().statusCode(200);
    assertThat(RestAssured.get("/q/metrics").asString())
        .doesNotContainPattern("affinage_follower_restarts_total\\{[^}]*} [1-9]");
  }

  private Event<RewardRequested> request(RewardSpec reward, String... completions) {
    List<Item> items = new ArrayList<>();
    for (String completion : completions) {
      items.add(new Item("i" + items.size(), "p", completion, "YES"));
    }
    return events.create(
        new RewardRequested(
            UUID.randomUUID().toString(), reward, items, new RoutingSlip("run-1", List.of())),
        "run-1");
  }

  private void send(Event<?> event) {
    RecordHeaders headers = new RecordHeaders();
    byte[] value = EventCodec.encode(event, headers);
    send(
        new ProducerRecord<>(
            "reward.requested", null, event.data().key().getBytes(UTF_8), value, headers));
  }

  private void send(ProducerRecord<byte[], byte[]> record) {
    producer.send(record);
    producer.flush();
  }

  private List<Event<RewardScored>> scoredFor(String requestId, int count) {
    List<Event<RewardScored>> found = new ArrayList<>();
    answers.seekToBeginning(answers.assignment());
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              for (ConsumerRecord<byte[], byte[]> record : answers.poll(Duration.ofMillis(200))) {
                Event<RewardScored> scored = EventCodec.decode(record).as(RewardScored.class);
                if (scored.data().requestId().equals(requestId)) {
                  found.add(scored);
                }
              }
              assertThat(found).hasSize(count);
            });
    return found;
  }

  private static String header(ConsumerRecord<?, ?> record, String name) {
    return new String(record.headers().lastHeader(name).value(), UTF_8);
  }

  private static KafkaConsumer<byte[], byte[]> consumer(
      Map<String, Object> connection, String topic) {
    KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            KafkaDefaults.consumer(connection),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    consumer.assign(
        consumer.partitionsFor(topic).stream()
            .map(p -> new org.apache.kafka.common.TopicPartition(p.topic(), p.partition()))
            .toList());
    consumer.seekToBeginning(consumer.assignment());
    return consumer;
  }
}
