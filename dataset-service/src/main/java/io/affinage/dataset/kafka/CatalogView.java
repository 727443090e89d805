package io.affinage.dataset.kafka;

import io.affinage.dataset.catalog.Catalog;
import io.affinage.events.Event;
import io.affinage.events.Topic;
import io.affinage.events.Topics;
import io.affinage.events.follow.TopicFollower;
import io.affinage.events.follow.TopicListener;
import io.affinage.service.kafka.Followed;
import io.affinage.service.kafka.TopicSetup;
import io.affinage.service.kafka.WarmUp;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.common.annotation.Identifier;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;

/** Keeps the catalog equal to its topics, from their first record on. */
@Singleton
class CatalogView implements WarmUp, Followed {
  private static final List<Topic> TOPICS =
      List.of(Topics.FILE_UPLOADED, Topics.DATASET_READY, Topics.DATASET_REJECTED);
  private static final Duration REFRESH = Duration.ofSeconds(30);

  private final TopicSetup topics;
  private final TopicFollower follower;
  private boolean refreshed;
  private long asOf;

  CatalogView(
      @Identifier("default-kafka-broker") Map<String, Object> connection,
      TopicSetup topics,
      Catalog catalog) {
    this.topics = topics;
    this.follower =
        new TopicFollower(
            "catalog", connection, TOPICS, IsolationLevel.READ_COMMITTED, new Applying(catalog));
  }

  void start(@Observes StartupEvent event) {
    topics.created().thenRun(follower::start);
  }

  /** Whether everything that was there at the start has been read. */
  @Override
  public boolean done() {
    return follower.isReady();
  }

  @Override
  public List<TopicFollower> readers() {
    return List.of(follower);
  }

  /** Completes when everything that was there at the start has been read. */
  CompletionStage<Void> loaded() {
    return follower.ready();
  }

  /**
   * Waits until all that was committed at a moment has been read. Whoever needs it at the same time
   * or for an earlier moment waits for the same reading.
   *
   * @param nanos the moment, by {@link System#nanoTime}
   * @throws KafkaException when the broker does not answer
   */
  synchronized void refreshSince(long nanos) {
    if (refreshed && asOf - nanos >= 0) {
      return;
    }
    long start = System.nanoTime();
    follower.catchUp(IsolationLevel.READ_COMMITTED, REFRESH);
    asOf = start;
    refreshed = true;
  }

  @PreDestroy
  void stop() {
    follower.close();
  }

  private record Applying(Catalog catalog) implements TopicListener {
    @Override
    public void event(Event<?> event, ConsumerRecord<byte[], byte[]> record) {
      Instant time = event.metadata().time();
      catalog.apply(event.data(), time == null ? Instant.ofEpochMilli(record.timestamp()) : time);
    }

    @Override
    public void tombstone(Topic topic, String key) {
      catalog.remove(topic, key);
    }
  }
}
