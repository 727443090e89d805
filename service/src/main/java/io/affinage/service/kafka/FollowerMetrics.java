package io.affinage.service.kafka;

import io.affinage.events.Topic;
import io.affinage.events.follow.MonitoredReader;
import io.affinage.events.follow.TopicFollower;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.arc.All;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.List;

/** Shows whether the service's readers read, and counts what they could not use. */
@Singleton
class FollowerMetrics {

  void register(@Observes StartupEvent event, @All List<Followed> all, MeterRegistry metrics) {
    for (Followed followed : all) {
      followed.readers().forEach(reader -> register(reader, metrics));
    }
  }

  private static void register(MonitoredReader reader, MeterRegistry metrics) {
    Gauge.builder("affinage.follower.up", () -> reader.trouble().isEmpty() ? 1 : 0)
        .tag("follower", reader.name())
        .register(metrics);
    FunctionCounter.builder("affinage.follower.restarts", reader, MonitoredReader::restarts)
        .tag("follower", reader.name())
        .register(metrics);
    if (reader instanceof TopicFollower follower) {
      for (Topic topic : follower.topics()) {
        FunctionCounter.builder("affinage.events.skipped", follower, read -> read.skipped(topic))
            .tag("topic", topic.name())
            .register(metrics);
      }
    }
  }
}
