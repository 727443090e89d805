package io.affinage.reward.kafka;

import io.affinage.events.Intake;
import io.affinage.events.RewardExternalScored;
import io.affinage.events.Topics;
import io.affinage.events.follow.MonitoredReader;
import io.affinage.events.follow.PoisonFilter;
import io.affinage.events.follow.TopicFollower;
import io.affinage.reward.batch.ExternalScores;
import io.affinage.reward.config.RewardConfig;
import io.affinage.service.kafka.Followed;
import io.affinage.service.kafka.TopicSetup;
import io.affinage.service.rest.ApiException;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.common.annotation.Identifier;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.IsolationLevel;

/**
 * Reads what programs of the user's answer: all of it here, and as one of a group what is poison.
 */
@Singleton
class ExternalAnswers implements Followed, ExternalScores {
  private final TopicSetup topics;
  private final ExternalRewards rewards;
  private final TopicFollower follower;
  private final PoisonFilter filter;

  ExternalAnswers(
      @Identifier("default-kafka-broker") Map<String, Object> connection,
      TopicSetup topics,
      RewardConfig config,
      MeterRegistry meters) {
    this.topics = topics;
    rewards =
        new ExternalRewards(
            connection, config.externalBytes().asLongValue(), config.externalScores(), meters);
    follower =
        new TopicFollower(
            "external-scores",
            connection,
            List.of(Topics.REWARD_EXTERNAL_SCORED),
            IsolationLevel.READ_UNCOMMITTED,
            (event, record) -> rewards.answered(event.as(RewardExternalScored.class).data()));
    var deadLetters =
        meters.counter("affinage.events.deadletter", "topic", Topics.REWARD_EXTERNAL_SCORED.name());
    filter =
        new PoisonFilter(
            connection,
            "reward-service-external",
            Topics.REWARD_EXTERNAL_SCORED,
            record -> Intake.of(Topics.REWARD_EXTERNAL_SCORED, RewardExternalScored.class, record),
            (intake, record) -> {
              if (intake instanceof Intake.Refused<?>) {
                deadLetters.increment();
              }
            });
  }

  void start(@Observes StartupEvent event) {
    rewards.start();
    topics
        .created()
        .thenRun(
            () -> {
              follower.start();
              filter.start();
            });
  }

  /** Whether what was answered before this process began is known. */
  boolean isReady() {
    return follower.isReady();
  }

  /**
   * For those who ask by HTTP.
   *
   * @throws ApiException 503 when too much waits already, or what was answered is not known yet
   */
  @Override
  public CompletableFuture<RewardExternalScored> ask(Question question) {
    if (!isReady()) {
      throw new ApiException(503, "starting", "earlier answers are still being read", null);
    }
    try {
      return rewards.ask(question);
    } catch (ExternalRewards.BusyException e) {
      throw new ApiException(503, "busy", e.getMessage(), null);
    }
  }

  /** For those who ask by Kafka. */
  ExternalRewards rewards() {
    return rewards;
  }

  @Override
  public List<MonitoredReader> readers() {
    return List.of(follower, filter);
  }

  @PreDestroy
  void stop() {
    follower.close();
    filter.close();
    rewards.close();
  }
}
