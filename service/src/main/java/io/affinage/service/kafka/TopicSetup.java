package io.affinage.service.kafka;

import io.affinage.events.TopicProvisioner;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.common.annotation.Identifier;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.jboss.logging.Logger;

/**
 * Sees to it that the topics exist: creates missing ones beside the start, as often as it takes
 * until a broker is there, and looks again as long as the service lives. What was deleted meanwhile
 * is made anew, empty, and told.
 */
@Singleton
public class TopicSetup {
  private static final Logger LOG = Logger.getLogger(TopicSetup.class);
  private static final Duration RETRY = Duration.ofSeconds(2);

  private final Map<String, Object> connection;
  private final TopicsConfig config;
  private final Counter made;
  private final CompletableFuture<Void> created = new CompletableFuture<>();
  private final CountDownLatch stopped = new CountDownLatch(1);
  private volatile Map<String, String> missing = Map.of();
  private List<String> differences = List.of();

  TopicSetup(
      @Identifier("default-kafka-broker") Map<String, Object> connection,
      TopicsConfig config,
      MeterRegistry metrics) {
    this.connection = connection;
    this.config = config;
    this.made = metrics.counter("affinage.topics.restored");
    Gauge.builder("affinage.topics.missing", () -> missing.size()).register(metrics);
  }

  void start(@Observes StartupEvent event) {
    Thread thread = new Thread(this::keep, "topic-setup");
    thread.setDaemon(true);
    thread.start();
  }

  /** Whether the topics were known to exist once. */
  public boolean done() {
    return created.isDone();
  }

  /** Completes when the topics are known to exist. */
  public CompletionStage<Void> created() {
    return created;
  }

  /** Which topics are not there although they are needed, and why they were not made. */
  public Optional<String> problem() {
    Map<String, String> now = missing;
    if (now.isEmpty()) {
      return Optional.empty();
    }
    StringBuilder text = new StringBuilder();
    now.forEach(
        (name, why) -> text.append("topic ").append(name).append(": ").append(why).append("; "));
    return Optional.of(text + "create them, or let this service's Kafka user create topics");
  }

  private void keep() {
    boolean running = true;
    while (running) {
      boolean well = look();
      running = !stoppedWithin(well ? config.checkEvery() : RETRY);
    }
  }

  /** Returns whether all is as it should be. */
  private boolean look() {
    try (Admin admin = Admin.create(new HashMap<>(connection))) {
      TopicProvisioner.Report report =
          new TopicProvisioner(admin, config.partitions(), config.replication()).provision();
      tell(report);
      if (report.missing().isEmpty()) {
        created.complete(null);
      }
      return report.missing().isEmpty();
    } catch (KafkaException e) {
      LOG.warnf(
          done()
              ? "Whether the topics exist is not known: %s"
              : "Topics cannot be created yet, trying again: %s",
          e.getMessage());
      return false;
    } catch (RuntimeException e) {
      LOG.error("The topics could not be looked at, trying again", e);
      return false;
    }
  }

  private void tell(TopicProvisioner.Report report) {
    if (done()) {
      for (String name : report.created()) {
        made.increment();
        LOG.warnf(
            "Topic %s was gone and was made again, empty: what was on it is lost, and it is not"
                + " read from before",
            name);
      }
    }
    Set<String> before = missing.keySet();
    report
        .missing()
        .forEach(
            (name, why) -> {
              if (!before.contains(name)) {
                LOG.errorf("Topic %s is missing and %s; not ready until it exists", name, why);
              }
            });
    if (!before.isEmpty() && report.missing().isEmpty()) {
      LOG.info("All topics exist");
    }
    missing = report.missing();
    if (!report.differences().equals(differences)) {
      differences = report.differences();
      differences.forEach(difference -> LOG.infof("Topic as found: %s", difference));
    }
  }

  private boolean stoppedWithin(Duration pause) {
    try {
      return stopped.await(pause.toMillis(), TimeUnit.MILLISECONDS);
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
