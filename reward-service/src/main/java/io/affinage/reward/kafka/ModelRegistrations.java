package io.affinage.reward.kafka;

import io.affinage.events.Event;
import io.affinage.events.ModelRegistered;
import io.affinage.events.Topic;
import io.affinage.events.Topics;
import io.affinage.events.follow.MonitoredReader;
import io.affinage.events.follow.TopicFollower;
import io.affinage.events.follow.TopicListener;
import io.affinage.reward.learned.RegisteredModels;
import io.affinage.service.kafka.Followed;
import io.affinage.service.kafka.TopicSetup;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.common.annotation.Identifier;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.IsolationLevel;

/** Reads which models there are. */
@Singleton
class ModelRegistrations implements Followed {
  private final TopicSetup topics;
  private final TopicFollower follower;

  ModelRegistrations(
      @Identifier("default-kafka-broker") Map<String, Object> connection,
      TopicSetup topics,
      RegisteredModels models) {
    this.topics = topics;
    this.follower = follower(connection, models);
  }

  static TopicFollower follower(Map<String, Object> connection, RegisteredModels models) {
    return new TopicFollower(
        "reward-models",
        connection,
        List.of(Topics.MODEL_REGISTERED),
        IsolationLevel.READ_COMMITTED,
        new TopicListener() {
          @Override
          public void event(Event<?> event, ConsumerRecord<byte[], byte[]> record) {
            models.registered(event.as(ModelRegistered.class).data());
          }

          @Override
          public void tombstone(Topic topic, String key) {
            models.removed(key);
          }
        });
  }

  void start(@Observes StartupEvent event) {
    topics.created().thenRun(follower::start);
  }

  @Override
  public List<MonitoredReader> readers() {
    return List.of(follower);
  }

  @PreDestroy
  void stop() {
    follower.close();
  }
}
