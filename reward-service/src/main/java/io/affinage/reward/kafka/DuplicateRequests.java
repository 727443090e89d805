package io.affinage.reward.kafka;

import io.affinage.events.EventMetadata;
import io.affinage.events.Topics;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.LinkedHashMap;
import java.util.Map;

/** Counts requests that this instance saw before. */
final class DuplicateRequests {
  /** Requests remembered for counting; nothing else depends on it. */
  private static final int REMEMBERED = 10_000;

  private final Counter duplicates;
  private final Map<String, Boolean> seen =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
          return size() > REMEMBERED;
        }
      };

  DuplicateRequests(MeterRegistry meters) {
    duplicates =
        meters.counter("affinage.events.duplicates", "topic", Topics.REWARD_REQUESTED.name());
  }

  synchronized void seen(EventMetadata metadata) {
    if (seen.put(metadata.source() + ' ' + metadata.id(), true) != null) {
      duplicates.increment();
    }
  }
}
