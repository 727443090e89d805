package io.affinage.service.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.affinage.broker.EmbeddedBroker;
import io.affinage.events.Topics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.server.policy.CreateTopicPolicy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TopicSetupIT {
  private static final Duration PATIENCE = Duration.ofSeconds(40);

  private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
  private EmbeddedBroker broker;
  private TopicSetup setup;

  @AfterEach
  void stop() {
    setup.stop();
    broker.close();
  }

  @Test
  void shouldMakeADeletedTopicAgainAndCountIt() throws Exception {
    begin(Map.of());
    await().atMost(PATIENCE).until(setup::done);
    try (Admin admin = admin()) {
      admin.deleteTopics(List.of("training.log", "training.progress")).all().get();

      await().atMost(PATIENCE).until(() -> count("affinage.topics.restored") == 2);
      assertThat(admin.listTopics().names().get())
          .containsAll(Topics.all().stream().map(topic -> topic.name()).toList());
    }
    assertThat(setup.problem()).isEmpty();
  }

  @Test
  void shouldNotBeDoneWithoutATopicAndSayWhichAndWhy() throws Exception {
    begin(Map.of("create.topic.policy.class.name", NoLog.class.getName()));

    await().atMost(PATIENCE).until(() -> setup.problem().isPresent());

    assertThat(setup.problem().orElseThrow())
        .contains("topic training.log: it cannot be created", "made by hand here");
    assertThat(setup.done()).isFalse();
    assertThat(metrics.get("affinage.topics.missing").gauge().value()).isEqualTo(1);
    NoLog.strict = false;
    await().atMost(PATIENCE).until(setup::done);
    assertThat(setup.problem()).isEqualTo(Optional.empty());
  }

  private void begin(Map<String, String> brokerSettings) {
    NoLog.strict = true;
    broker = EmbeddedBroker.startTemporary(brokerSettings);
    TopicsConfig config =
        new TopicsConfig() {
          @Override
          public int partitions() {
            return 1;
          }

          @Override
          public int replication() {
            return 1;
          }

          @Override
          public Duration checkEvery() {
            return Duration.ofMillis(100);
          }
        };
    setup = new TopicSetup(Map.of("bootstrap.servers", broker.bootstrapServers()), config, metrics);
    setup.start(null);
  }

  private Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
  }

  private double count(String name) {
    return metrics.get(name).counter().count();
  }

  /** A cluster whose owner makes one topic. */
  public static final class NoLog implements CreateTopicPolicy {
    // The broker makes the policy itself.
    private static volatile boolean strict = true;

    @Override
    public void validate(RequestMetadata request) {
      if (strict && request.topic().equals("training.log")) {
        throw new PolicyViolationException("it is made by hand here");
      }
    }

    @Override
    public void configure(Map<String, ?> settings) {}

    @Override
    public void close() {}
  }
}
