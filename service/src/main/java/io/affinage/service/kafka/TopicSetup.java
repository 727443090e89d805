package io.affinage.service.kafka;

import io.affinage.events.TopicProvisioner;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.common.annotation.Identifier;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.jboss.logging.Logger;

/** Creates missing topics beside the start, as often as it takes until a broker is there. */
@Singleton
public class TopicSetup {
  private static final Logger LOG = Logger.getLogger(TopicSetup.class);
  private static final long PAUSE_SECONDS = 2;

  private final Map<String, Object> connection;
  private final TopicsConfig config;
  private final CompletableFuture<Void> created = new CompletableFuture<>();
  private final CountDownLatch stopped = new CountDownLatch(1);

  TopicSetup(
      @Identifier("default-kafka-broker") Map<String, Object> connection, TopicsConfig config) {
    this.connection = connection;
    this.config = config;
  }

  void start(@Observes StartupEvent event) {
    Thread thread = new Thread(this::provision, "topic-setup");
    thread.setDaemon(true);
    thread.start();
  }

  /** Whether the topics are known to exist. */
  public boolean done() {
    return created.isDone();
  }

  /** Completes when the topics are known to exist. */
  public CompletionStage<Void> created() {
    return created;
  }

  private void provision() {
    while (!done()) {
      try (Admin admin = Admin.create(new HashMap<>(connection))) {
        new TopicProvisioner(admin, config.partitions(), config.replication())
            .provision()
            .differences()
            .forEach(difference -> LOG.infof("Topic as found: %s", difference));
        created.complete(null);
      } catch (KafkaException e) {
        LOG.warnf("Topics cannot be created yet, trying again: %s", e.getMessage());
        if (stoppedMeanwhile()) {
          return;
        }
      }
    }
  }

  private boolean stoppedMeanwhile() {
    try {
      return stopped.await(PAUSE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  @PreDestroy
  void stop() {
    stopped.countDown();
  }
}
