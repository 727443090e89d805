package io.affinage.reward.kafka;

import io.affinage.events.EventMetadata;
import io.affinage.events.Topics;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.util.LinkedHashMap;
import java.util.Map;

/** Counts dead letters, and requests that this instance saw before. */
@Singleton
class RequestCounters {
  /** Requests remembered for counting; nothing else depends on it. */
  private static final int REMEMBERED = 10_000;

  private final Counter deadLetters;
  private final Counter duplicates;
  private final Map<String, Boolean> seen =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
          return size() > REMEMBERED;
        }
      };

  RequestCounters(MeterRegistry meters) {
    String topic = Topics.REWARD_REQUESTED.name();
    deadLetters = meters.counter("affinage.events.deadletter", "topic", topic);
    duplicates = meters.counter("affinage.events.duplicates", "topic", topic);
  }

  void deadLetter() {
    deadLetters.increment();
  }

  synchronized void seen(EventMetadata metadata) {
    if (seen.put(metadata.source() + ' ' + metadata.id(), true) != null) {
      duplicates.increment();
    }
  }
}
