package io.affinage.events.follow;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.affinage.broker.testing.HostileRecords;
import io.affinage.broker.testing.TestBroker;
import io.affinage.events.ArtifactRef;
import io.affinage.events.Event;
import io.affinage.events.EventCodec;
import io.affinage.events.EventData;
import io.affinage.events.EventFactory;
import io.affinage.events.FileUploaded;
import io.affinage.events.KafkaDefaults;
import io.affinage.events.Topic;
import io.affinage.events.TopicProvisioner;
import io.affinage.events.Topics;
import io.affinage.events.TrainingCancelled;
import io.affinage.events.TrainingHeartbeat;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.condition.EnabledIf;

@EnabledIf("io.affinage.broker.testing.TestBroker#isAvailable")
@TestInstance(Lifecycle.PER_CLASS)
class TopicFollowerIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final EventFactory EVENTS = new EventFactory("/affinage/test", Clock.systemUTC());

  private TestBroker broker;
  private Admin admin;
  private KafkaProducer<byte[], byte[]> producer;
  private final List<TopicFollower> followers = new ArrayList<>();

  /** Keeps the keys of what it is told. */
  private static class Keys implements TopicListener {
    final List<String> events = new CopyOnWriteArrayList<>();
    final List<String> tombstones = new CopyOnWriteArrayList<>();
    final List<String> deadLetters = new CopyOnWriteArrayList<>();

    @Override
    public void event(Event<?> event, ConsumerRecord<byte[], byte[]> record) {
      events.add(event.data().key());
    }

    @Override
    public void tombstone(Topic topic, String key) {
      tombstones.add(key);
    }

    @Override
    public void deadLetter(ConsumerRecord<byte[], byte[]> record) {
      deadLetters.add(new String(record.value(), UTF_8));
    }
  }

  @BeforeAll
  void start() {
    Awaitility.setDefaultTimeout(PATIENCE);
    broker = TestBroker.start();
    admin = Admin.create(connection());
  }

  /** A producer's sequence numbers do not outlive the topic that they count for. */
  @BeforeEach
  void startProducer() {
    producer = producer(Map.of());
  }

  @AfterEach
  void stopFollowers() throws Exception {
    producer.close();
    followers.forEach(TopicFollower::close);
    followers.clear();
    admin.deleteTopics(admin.listTopics().names().get()).all().get();
    await().until(() -> admin.listTopics().names().get().isEmpty());
  }

  @AfterAll
  void stop() {
    Awaitility.reset();
    admin.close();
    broker.close();
  }

  @Test
  void shouldTellEveryGoodRecordBetweenBadOnesAndCountThose() throws Exception {
    provision(2, Topics.TRAINING_LOG);
    HostileRecords hostility = new HostileRecords(3);
    List<String> good = new ArrayList<>();
    int hostile = 0;
    for (HostileRecords.Hostile bad :
        hostility.each(record(Topics.TRAINING_LOG, heartbeat("victim"))).toList()) {
      producer.send(bad.record());
      good.add("good-" + hostile++);
      producer.send(record(Topics.TRAINING_LOG, heartbeat(good.get(good.size() - 1))));
    }
    producer.flush();
    Keys keys = new Keys();
    TopicFollower follower = follower(keys, Topics.TRAINING_LOG);

    follower.catchUp(IsolationLevel.READ_UNCOMMITTED, PATIENCE);

    assertThat(keys.events).containsAll(good);
    assertThat(follower.skipped(Topics.TRAINING_LOG))
        .isEqualTo(2L * hostile - keys.events.size())
        .isGreaterThan(hostile / 2);
    assertThat(follower.trouble()).isEmpty();
    assertThat(follower.restarts()).isZero();
  }

  @Test
  void shouldSkipWhatItsListenerCannotApply() throws Exception {
    provision(1, Topics.TRAINING_LOG);
    for (String id : List.of("a", "throws", "overflows", "b")) {
      producer.send(record(Topics.TRAINING_LOG, heartbeat(id))).get();
    }
    Keys keys =
        new Keys() {
          @Override
          public void event(Event<?> event, ConsumerRecord<byte[], byte[]> record) {
            switch (event.data().key()) {
              case "throws" -> throw new IllegalStateException("nonsense");
              case "overflows" -> overflow(0);
              default -> super.event(event, record);
            }
          }

          private int overflow(int depth) {
            return overflow(depth + 1) + 1;
          }
        };
    TopicFollower follower = follower(keys, Topics.TRAINING_LOG);

    follower.catchUp(IsolationLevel.READ_UNCOMMITTED, PATIENCE);

    assertThat(keys.events).containsExactly("a", "b");
    assertThat(follower.skipped()).isEqualTo(2);
    assertThat(follower.restarts()).isZero();
  }

  @Test
  void shouldBeginAgainAfterWhatEndsItAndTellMeanwhile() throws Exception {
    provision(1, Topics.TRAINING_LOG);
    for (String id : List.of("a", "ends it", "b")) {
      producer.send(record(Topics.TRAINING_LOG, heartbeat(id))).get();
    }
    AtomicInteger tries = new AtomicInteger();
    Keys keys =
        new Keys() {
          @Override
          public void event(Event<?> event, ConsumerRecord<byte[], byte[]> record) {
            if (event.data().key().equals("ends it")) {
              tries.incrementAndGet();
              throw new AssertionError("nobody foresaw this");
            }
            super.event(event, record);
          }
        };
    TopicFollower follower = follower(keys, Topics.TRAINING_LOG);

    await()
        .untilAsserted(
            () -> assertThat(follower.trouble()).get().asString().contains("nobody foresaw this"));
    follower.catchUp(IsolationLevel.READ_UNCOMMITTED, PATIENCE);

    assertThat(keys.events).containsExactly("a", "b");
    assertThat(tries).hasValue(1);
    assertThat(follower.restarts()).isEqualTo(1);
    assertThat(follower.trouble()).isEmpty();
  }

  @Test
  void shouldWaitForMissingTopicsAndReadTheOthersMeanwhile() throws Exception {
    provision(1, Topics.TRAINING_LOG);
    producer.send(record(Topics.TRAINING_LOG, heartbeat("there"))).get();
    Keys keys = new Keys();
    TopicFollower follower = follower(keys, Topics.TRAINING_LOG, Topics.TRAINING_FAILED);

    await().until(() -> keys.events.contains("there"));
    assertThat(follower.isReady()).isFalse();
    assertThat(follower.trouble()).get().asString().contains("training.failed");
    assertThatThrownBy(
            () -> follower.catchUp(IsolationLevel.READ_COMMITTED, Duration.ofMillis(100)))
        .isInstanceOf(TopicsUnavailableException.class);

    provision(1, Topics.TRAINING_FAILED);
    producer.send(record(Topics.TRAINING_FAILED, new TrainingCancelled("late", 1, "w"))).get();
    follower.catchUp(IsolationLevel.READ_COMMITTED, PATIENCE);

    assertThat(keys.events).containsExactlyInAnyOrder("there", "late");
    assertThat(follower.isReady()).isTrue();
    assertThat(follower.trouble()).isEmpty();
  }

  @Test
  void shouldReadNewPartitionsAndATopicThatWasMadeAgain() throws Exception {
    provision(1, Topics.TRAINING_LOG);
    producer.send(record(Topics.TRAINING_LOG, heartbeat("old"))).get();
    Keys keys = new Keys();
    TopicFollower follower = follower(keys, Topics.TRAINING_LOG);
    follower.catchUp(IsolationLevel.READ_COMMITTED, PATIENCE);

    admin.createPartitions(Map.of("training.log", NewPartitions.increaseTo(3))).all().get();
    for (int partition = 0; partition < 3; partition++) {
      ProducerRecord<byte[], byte[]> plain =
          record(Topics.TRAINING_LOG, heartbeat("in-" + partition));
      await()
          .ignoreExceptions()
          .until(
              () ->
                  admin
                          .describeTopics(List.of("training.log"))
                          .allTopicNames()
                          .get()
                          .get("training.log")
                          .partitions()
                          .size()
                      == 3);
      sendTo(partition, plain);
    }
    follower.catchUp(IsolationLevel.READ_COMMITTED, PATIENCE);
    assertThat(keys.events).contains("old", "in-0", "in-1", "in-2");

    admin.deleteTopics(List.of("training.log")).all().get();
    await().until(() -> !admin.listTopics().names().get().contains("training.log"));
    provision(1, Topics.TRAINING_LOG);
    for (String id : List.of("new-1", "new-2", "new-3")) {
      sendTo(0, record(Topics.TRAINING_LOG, heartbeat(id)));
    }
    await().untilAsserted(() -> assertThat(keys.events).contains("new-1", "new-2", "new-3"));
  }

  @Test
  void shouldWaitForOpenTransactionsOnlyWhenAskedTo() throws Exception {
    provision(1, Topics.TRAINING_LOG);
    Keys keys = new Keys();
    TopicFollower follower = follower(keys, Topics.TRAINING_LOG);
    follower.awaitReady(PATIENCE);
    try (KafkaProducer<byte[], byte[]> open =
        producer(Map.of(ProducerConfig.TRANSACTIONAL_ID_CONFIG, "open"))) {
      open.initTransactions();
      open.beginTransaction();
      open.send(record(Topics.TRAINING_LOG, heartbeat("hidden"))).get();

      follower.catchUp(IsolationLevel.READ_COMMITTED, PATIENCE);
      assertThat(keys.events).isEmpty();
      assertThatThrownBy(
              () -> follower.catchUp(IsolationLevel.READ_UNCOMMITTED, Duration.ofMillis(300)))
          .isInstanceOf(TopicsUnavailableException.class)
          .hasMessageContaining("not read up to");
      open.commitTransaction();
    }
    follower.catchUp(IsolationLevel.READ_UNCOMMITTED, PATIENCE);
    assertThat(keys.events).containsExactly("hidden");
  }

  @Test
  void shouldTellTombstonesAndDeadLetters() throws Exception {
    Topic letters = Topics.REWARD_REQUESTED.deadLetter();
    provision(1, Topics.FILE_UPLOADED, letters);
    producer.send(new ProducerRecord<>("file.uploaded", bytes("gone"), null)).get();
    producer.send(new ProducerRecord<>(letters.name(), null, bytes("any bytes"))).get();
    FileUploaded file =
        new FileUploaded(
            "file-1",
            "a.csv",
            "fine-tune",
            new ArtifactRef("sha256:x", ArtifactRef.Kind.FILE, 1),
            7);
    producer.send(record(Topics.FILE_UPLOADED, file)).get();
    Keys keys = new Keys();

    try (TopicReader reader =
        new TopicReader(connection(), List.of(Topics.FILE_UPLOADED, letters), keys)) {
      reader.catchUp(PATIENCE);
      assertThat(reader.skipped()).isZero();
    }

    assertThat(keys.events).containsExactly("file-1");
    assertThat(keys.tombstones).containsExactly("gone");
    assertThat(keys.deadLetters).containsExactly("any bytes");
  }

  private TopicFollower follower(TopicListener listener, Topic... topics) {
    TopicFollower follower =
        new TopicFollower(
            "test",
            connection(),
            List.of(topics),
            IsolationLevel.READ_COMMITTED,
            listener,
            Duration.ofSeconds(2));
    followers.add(follower);
    follower.start();
    return follower;
  }

  private void provision(int partitions, Topic... topics) {
    new TopicProvisioner(admin, partitions, 1).provision(List.of(topics));
  }

  private void sendTo(int partition, ProducerRecord<byte[], byte[]> record) throws Exception {
    try (KafkaProducer<byte[], byte[]> fresh = producer(Map.of())) {
      fresh
          .send(
              new ProducerRecord<>(
                  record.topic(), partition, record.key(), record.value(), record.headers()))
          .get();
    }
  }

  private KafkaProducer<byte[], byte[]> producer(Map<String, Object> more) {
    Map<String, Object> configuration = KafkaDefaults.producer(connection());
    configuration.putAll(more);
    return new KafkaProducer<>(configuration, new ByteArraySerializer(), new ByteArraySerializer());
  }

  private Map<String, Object> connection() {
    return Map.of("bootstrap.servers", broker.bootstrapServers());
  }

  private static EventData heartbeat(String id) {
    return new TrainingHeartbeat(id, 1, "w", 1);
  }

  private static ProducerRecord<byte[], byte[]> record(Topic topic, EventData data) {
    RecordHeaders headers = new RecordHeaders();
    byte[] value = EventCodec.encode(EVENTS.create(data), headers);
    return new ProducerRecord<>(topic.name(), null, bytes(topic.keyOf(data)), value, headers);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
