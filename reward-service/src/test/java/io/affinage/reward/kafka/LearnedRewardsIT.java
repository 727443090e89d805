package io.affinage.reward.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import io.affinage.artifacts.Artifact;
import io.affinage.artifacts.ArtifactStore;
import io.affinage.artifacts.ArtifactStores;
import io.affinage.broker.testing.TestBroker;
import io.affinage.events.ArtifactRef;
import io.affinage.events.Event;
import io.affinage.events.EventCodec;
import io.affinage.events.EventData;
import io.affinage.events.EventFactory;
import io.affinage.events.EventSerializer;
import io.affinage.events.KafkaDefaults;
import io.affinage.events.ModelRegistered;
import io.affinage.events.RewardRequested;
import io.affinage.events.RewardScored;
import io.affinage.events.RewardSpec;
import io.affinage.events.Topic;
import io.affinage.events.TopicProvisioner;
import io.affinage.events.Topics;
import io.affinage.events.follow.TopicFollower;
import io.affinage.events.reward.RewardClient;
import io.affinage.llm.tensor.Compute;
import io.affinage.reward.batch.RequestScorer;
import io.affinage.reward.batch.StoredItems;
import io.affinage.reward.learned.RegisteredModels;
import io.affinage.reward.learned.RewardModelScorer;
import io.affinage.reward.learned.TinyRewardModels;
import io.affinage.service.store.StoredBatches;
import io.affinage.service.work.ShortWork;
import io.affinage.service.work.WorkConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several instances of the service score with a real model, over a real broker. */
class LearnedRewardsIT {
  private static final Duration SOON = Duration.ofSeconds(90);
  private static final EventFactory EVENTS = new EventFactory("/test/asker", Clock.systemUTC());
  private static final String MODEL = "tiny:judge:1";

  private static TestBroker broker;
  private static Map<String, Object> connection;
  private static ArtifactStore store;
  private static ModelRegistered model;

  @BeforeAll
  static void start(@TempDir Path folder) throws IOException {
    broker = TestBroker.start();
    connection = Map.of("bootstrap.servers", broker.bootstrapServers());
    try (Admin admin = Admin.create(connection)) {
      new TopicProvisioner(admin, 4, 1).provision();
    }
    store = ArtifactStores.open(folder.resolve("store").toString());
    Path base = TinyRewardModels.base(folder.resolve("base"), 3);
    Path adapter = TinyRewardModels.adapter(base, folder.resolve("adapter"), 5, 0.3f);
    model =
        TinyRewardModels.registered(
            MODEL, ref(store.putFolder(base)), ref(store.putFolder(adapter)));
  }

  private static ArtifactRef ref(Artifact artifact) {
    return new ArtifactRef(artifact.digest(), ArtifactRef.Kind.FOLDER, artifact.size());
  }

  @AfterAll
  static void stop() {
    broker.close();
  }

  /** What one process has of it. */
  private static final class Instance implements AutoCloseable {
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final RewardModelScorer rewards;
    private final TopicFollower models;
    private final ShortWork work;
    private final StoredItems stored = new StoredItems(new StoredBatches(store));

    private Instance(String name) {
      RegisteredModels registered = new RegisteredModels();
      models = ModelRegistrations.follower(connection, registered);
      rewards =
          new RewardModelScorer(
              registered,
              Instance::path,
              () -> Compute.of("cpu", "float32"),
              new RewardModelScorer.Limits(1 << 20, 500, SOON, 10_000, 1, 2),
              meters);
      work =
          new ShortWork(
              "reward-service",
              Topics.REWARD_REQUESTED,
              connection,
              new Config(name),
              2,
              1,
              new RewardHandler(
                  request ->
                      new RequestScorer(1_000)
                          .score(stored.whole(request), question -> null, rewards),
                  new DuplicateRequests(meters),
                  stored),
              meters);
      models.start();
      work.start();
    }

    private static Path path(ArtifactRef ref) {
      try {
        return store.localFolder(ref.digest());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private double scored() {
      return meters.counter("affinage.reward.model.scored", "model", MODEL).count();
    }

    @Override
    public void close() {
      work.close();
      rewards.close();
      models.close();
    }
  }

  private record Config(String name) implements WorkConfig {
    @Override
    public Optional<String> instance() {
      return Optional.of(name);
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
      return Duration.ofMillis(200);
    }
  }

  /**
   * Requests come when nobody is there, and before their model; one instance ends while it scores.
   */
  @Test
  void shouldShareTheWorkAndScoreEachRequestOnce() {
    List<RewardRequested> requests = new ArrayList<>();
    for (int r = 0; r < 24; r++) {
      List<RewardRequested.Item> items = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        items.add(
            new RewardRequested.Item(
                "i" + i, "who sat on the mat " + r + "?", "the cat ".repeat(i) + r, null));
      }
      requests.add(
          new RewardRequested(
              "r-" + r + "-" + UUID.randomUUID(), new RewardSpec.Model(MODEL), items, null));
    }
    try (KafkaConsumer<byte[], byte[]> answers = answers()) {
      requests.forEach(request -> send(Topics.REWARD_REQUESTED, request));
      Map<String, List<RewardScored>> found = new HashMap<>();
      double ofFirst;
      try (Instance second = new Instance("two")) {
        try (Instance first = new Instance("one")) {
          send(Topics.MODEL_REGISTERED, model);
          await()
              .atMost(SOON)
              .untilAsserted(
                  () -> {
                    take(answers, found);
                    assertThat(found).isNotEmpty();
                    assertThat(first.scored() + second.scored()).isPositive();
                  });
          ofFirst = first.scored();
        }
        await()
            .atMost(SOON)
            .untilAsserted(
                () -> {
                  take(answers, found);
                  // Beside answers to what other tests asked.
                  assertThat(found.keySet())
                      .containsAll(requests.stream().map(RewardRequested::requestId).toList());
                });
        assertThat(ofFirst + second.scored()).isLessThanOrEqualTo(2 * 24 * 5);
      }
      for (RewardRequested request : requests) {
        List<RewardScored> ofRequest = found.get(request.requestId());
        assertThat(ofRequest).as(request.requestId()).hasSize(1);
        assertThat(ofRequest.get(0).error()).isNull();
        assertThat(ofRequest.get(0).scores())
            .hasSize(5)
            .allSatisfy(score -> assertThat(score.value()).isNotNull());
      }
      // Asked again, of an instance that knows nothing of it: the same bits.
      RewardRequested again = requests.get(0);
      try (Instance third = new Instance("three")) {
        send(Topics.REWARD_REQUESTED, again);
        await()
            .atMost(SOON)
            .untilAsserted(
                () -> {
                  take(answers, found);
                  assertThat(found.get(again.requestId())).hasSize(2);
                });
        assertThat(third.scored()).isEqualTo(5);
      }
      assertThat(found.get(again.requestId()).get(1))
          .isEqualTo(found.get(again.requestId()).get(0));
    }
  }

  /** More than a record holds, both ways. */
  @Test
  void shouldTakeAndGiveBatchesByTheStore() {
    List<RewardRequested.Item> items = new ArrayList<>();
    for (int i = 0; i < 900; i++) {
      items.add(
          new RewardRequested.Item(
              "\u4e00".repeat(190) + i, "who? ".repeat(40), "the cat " + i % 20, "the cat 7"));
    }
    List<RewardSpec.Member> members = new ArrayList<>();
    for (int m = 0; m < 8; m++) {
      members.add(
          new RewardSpec.Member(
              "right-" + m,
              new RewardSpec.ExactMatch(false, false),
              1.0,
              "standardize",
              "request",
              null,
              null));
    }
    try (Instance instance = new Instance("store")) {
      Map<String, RewardScored.Score> scores =
          new RewardClient(
                  connection,
                  EVENTS::create,
                  new RewardSpec.Ensemble(members, null),
                  new RewardClient.Timing(Duration.ofSeconds(20), SOON),
                  () -> {},
                  new StoredBatches(store))
              .score(items);
      assertThat(scores).hasSize(900);
      // What is normalised over the request is one request.
      double sum = scores.values().stream().mapToDouble(RewardScored.Score::value).sum();
      assertThat(sum).isCloseTo(0, within(1e-6));
      assertThat(scores.get(items.get(7).itemId()).value()).isPositive();
      assertThat(scores.get(items.get(8).itemId()).value()).isNegative();
      assertThat(instance.scored()).isZero(); // no model was asked
    }
  }

  private static void take(
      KafkaConsumer<byte[], byte[]> answers, Map<String, List<RewardScored>> found) {
    answers
        .poll(Duration.ofMillis(200))
        .forEach(
            record -> {
              RewardScored scored = EventCodec.decode(record).as(RewardScored.class).data();
              found.computeIfAbsent(scored.requestId(), id -> new ArrayList<>()).add(scored);
            });
  }

  private static void send(Topic topic, EventData data) {
    Event<?> event = EVENTS.create(data);
    try (KafkaProducer<String, Event<?>> producer =
        new KafkaProducer<>(
            KafkaDefaults.producer(connection), new StringSerializer(), new EventSerializer())) {
      producer.send(topic.record(event));
    }
  }

  private static KafkaConsumer<byte[], byte[]> answers() {
    Map<String, Object> configuration = new HashMap<>(KafkaDefaults.consumer(connection));
    configuration.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    configuration.put(ConsumerConfig.GROUP_ID_CONFIG, "test-" + UUID.randomUUID());
    KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            configuration, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    consumer.subscribe(List.of(Topics.REWARD_SCORED.name()));
    return consumer;
  }
}
