package io.affinage.dataset.kafka;

import io.affinage.dataset.config.TopicsConfig;
import io.affinage.events.TopicProvisioner;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.jboss.logging.Logger;

/** Creates missing topics beside the start, as often as it takes until a broker is there. */
@Singleton
class TopicSetup {
  private static final Logger LOG = Logger.getLogger(TopicSetup.class);
  private static final long PAUSE_MILLIS = 2_000;

  private final Map<String, Object> connection;
  private final TopicsConfig config;
  private final AtomicBoolean done = new AtomicBoolean();

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
  boolean done() {
    return done.get();
  }

  private void provision() {
    while (!done.get()) {
      try (Admin admin = Admin.create(new HashMap<>(connection))) {
        new TopicProvisioner(admin, config.partitions(), config.replication())
            .provision()
            .differences()
            .forEach(difference -> LOG.infof("Topic as found: %s", difference));
        done.set(true);
      } catch (KafkaException e) {
        LOG.warnf("Topics cannot be created yet, trying again: %s", e.getMessage());
        try {
          Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException stop) {
          return;
        }
      }
    }
  }
}
