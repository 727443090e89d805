package io.affinage.reward.kafka;

import io.affinage.events.Topics;
import io.affinage.reward.batch.StoredItems;
import io.affinage.reward.config.MeteredScorer;
import io.affinage.reward.config.RewardConfig;
import io.affinage.reward.learned.RewardModelScorer;
import io.affinage.service.kafka.Followed;
import io.affinage.service.kafka.TopicSetup;
import io.affinage.service.work.HeldBackReaders;
import io.affinage.service.work.NotYetException;
import io.affinage.service.work.ShortWork;
import io.affinage.service.work.WorkConfig;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.common.annotation.Identifier;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Takes requests from their topic and answers them: see {@link RewardHandler} for what is done and
 * {@link ShortWork} for how.
 */
@Singleton
class RewardRequests implements Followed {
  /** Pause until it is looked again whether the answers to external rewards are read. */
  private static final Duration READING = Duration.ofMillis(200);

  private final TopicSetup topics;
  private final ShortWork work;
  private final HeldBackReaders readers;

  RewardRequests(
      @Identifier("default-kafka-broker") Map<String, Object> connection,
      TopicSetup topics,
      RewardConfig config,
      WorkConfig workConfig,
      MeteredScorer scorer,
      ExternalAnswers externals,
      RewardModelScorer learned,
      StoredItems stored,
      MeterRegistry meters) {
    this.topics = topics;
    this.work =
        new ShortWork(
            "reward-service",
            Topics.REWARD_REQUESTED,
            connection,
            workConfig,
            config.concurrency(),
            1,
            new RewardHandler(
                request -> {
                  if (!externals.isReady()) {
                    throw new NotYetException(READING);
                  }
                  return scorer.score(request, externals.rewards(), learned);
                },
                new DuplicateRequests(meters),
                stored),
            meters);
    this.readers = new HeldBackReaders(List.of(Topics.REWARD_SCORED), connection, meters);
  }

  void start(@Observes StartupEvent event) {
    topics
        .created()
        .thenRun(
            () -> {
              work.start();
              readers.start();
            });
  }

  @Override
  public List<ShortWork> readers() {
    return List.of(work);
  }

  @PreDestroy
  void stop() {
    readers.close();
    work.close();
  }
}
