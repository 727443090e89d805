package io.affinage.reward.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.affinage.broker.testing.TestBroker;
import io.affinage.events.Event;
import io.affinage.events.EventFactory;
import io.affinage.events.EventSerializer;
import io.affinage.events.KafkaDefaults;
import io.affinage.events.RewardExternalRequested;
import io.affinage.events.RewardExternalScored;
import io.affinage.events.TopicProvisioner;
import io.affinage.events.Topics;
import io.affinage.events.follow.TopicFollower;
import io.affinage.reward.batch.ExternalScores.Question;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Several instances of the service, one after the other or at once. */
class ExternalRewardsIT {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static TestBroker broker;
  private static Map<String, Object> connection;

  @BeforeAll
  static void startBroker() {
    broker = TestBroker.start();
    connection = Map.of("bootstrap.servers", broker.bootstrapServers());
    try (Admin admin = Admin.create(connection)) {
      new TopicProvisioner(admin, 3, 1).provision();
    }
  }

  @AfterAll
  static void stopBroker() {
    broker.close();
  }

  /** What one process has of it. */
  private static final class Instance implements AutoCloseable {
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final ExternalRewards rewards;
    private final TopicFollower follower;

    private Instance(long mostBytes, int mostScores) {
      rewards = new ExternalRewards(connection, mostBytes, mostScores, meters);
      follower =
          new TopicFollower(
              "external-scores",
              connection,
              List.of(Topics.REWARD_EXTERNAL_SCORED),
              IsolationLevel.READ_UNCOMMITTED,
              (event, record) -> rewards.answered(event.as(RewardExternalScored.class).data()));
      rewards.start();
      follower.start();
      follower.awaitReady(SOON);
    }

    private double counted(String what) {
      return meters.counter("affinage.reward.external", "what", what).count();
    }

    @Override
    public void close() {
      follower.close();
      rewards.close();
    }
  }

  private static Instance instance() {
    return new Instance(1 << 20, 1_000);
  }

  @Test
  void shouldFindTheAnswerInWhicheverInstanceAsks() throws Exception {
    Question question = question("a", Duration.ofMinutes(1), 0);
    try (Instance one = instance();
        Instance other = instance()) {
      CompletableFuture<RewardExternalScored> first = one.rewards.ask(question);
      CompletableFuture<RewardExternalScored> second = other.rewards.ask(question);
      answer(question, 1.0);
      answer(question, 2.0);
      assertThat(value(first)).isEqualTo(1.0);
      assertThat(value(second)).isEqualTo(1.0);
    }
  }

  /** It took over from one that died before, or after, the answer came. */
  @Test
  void shouldAskAgainAfterARestartOnlyWithoutAnAnswer() throws Exception {
    Question answered = question("a", Duration.ofMinutes(1), 0);
    Question open = question("b", Duration.ofMinutes(1), 0);
    try (Instance died = instance()) {
      died.rewards.ask(answered);
      died.rewards.ask(open);
    }
    answer(answered, 3.0);
    try (Instance next = instance()) {
      assertThat(value(next.rewards.ask(answered))).isEqualTo(3.0);
      assertThat(next.counted("asked")).isZero();
      CompletableFuture<RewardExternalScored> waiting = next.rewards.ask(open);
      assertThat(next.counted("asked")).isEqualTo(1);
      assertThat(next.rewards.ask(open)).isSameAs(waiting);
      assertThat(next.counted("asked")).isEqualTo(1);
      answer(open, 4.0);
      assertThat(value(waiting)).isEqualTo(4.0);
    }
  }

  @Test
  void shouldTakeNoMoreThanFits() throws Exception {
    try (Instance small = new Instance(1_000, 1_000)) {
      Question first = question("a".repeat(900), Duration.ofMinutes(1), 0);
      CompletableFuture<RewardExternalScored> waiting = small.rewards.ask(first);
      Question second = question("b".repeat(900), Duration.ofMillis(1), 0);
      assertThatThrownBy(() -> small.rewards.ask(second))
          .isInstanceOf(ExternalRewards.BusyException.class);
      answer(first, 1.0);
      assertThat(value(waiting)).isEqualTo(1.0);
      // What is given up takes no room.
      for (int i = 0; i < 3; i++) {
        assertThat(outcome(small.rewards.ask(second)).error().code()).isEqualTo("external_timeout");
      }
      assertThat(small.counted("timeout")).isEqualTo(3);
    }
  }

  @Test
  void shouldForgetTheOldestOfManyAnswers() throws Exception {
    try (Instance small = new Instance(1 << 20, 4)) {
      Question first = question("a", Duration.ofMinutes(1), 0);
      Question last = question("b", Duration.ofMinutes(1), 0);
      for (Question each : List.of(first, question("c", Duration.ofMinutes(1), 0), last)) {
        CompletableFuture<RewardExternalScored> waiting = small.rewards.ask(each);
        answer(each, 1.0);
        assertThat(value(waiting)).isEqualTo(1.0);
      }
      assertThat(small.rewards.ask(last)).isDone();
      assertThat(small.rewards.ask(first)).isNotDone();
    }
  }

  private static Question question(String completion, Duration timeout, int retries) {
    RewardExternalRequested request =
        new RewardExternalRequested(
            "external-" + UUID.randomUUID(),
            "r",
            List.of(new RewardExternalRequested.Item("i", "p", completion, null, null, null, null)),
            null);
    return new Question(Topics.REWARD_EXTERNAL_REQUESTED.name(), request, timeout, retries);
  }

  private static void answer(Question question, double value) throws Exception {
    RewardExternalScored answer =
        new RewardExternalScored(
            question.request().externalId(),
            List.of(new RewardExternalScored.Score("i", value, null)),
            null);
    Event<?> event = new EventFactory("/test/worker", Clock.systemUTC()).create(answer);
    try (KafkaProducer<String, Event<?>> producer =
        new KafkaProducer<>(
            KafkaDefaults.producer(connection), new StringSerializer(), new EventSerializer())) {
      producer.send(Topics.REWARD_EXTERNAL_SCORED.record(event)).get();
    }
  }

  private static double value(CompletableFuture<RewardExternalScored> answer) throws Exception {
    return outcome(answer).scores().get(0).value();
  }

  private static RewardExternalScored outcome(CompletableFuture<RewardExternalScored> answer)
      throws Exception {
    return answer.get(SOON.toSeconds(), TimeUnit.SECONDS);
  }
}
