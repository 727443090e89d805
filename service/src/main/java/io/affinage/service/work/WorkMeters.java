package io.affinage.service.work;

import io.affinage.events.Topic;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.concurrent.atomic.AtomicInteger;

/** What the loop counts; all there from the start, so that a rate begins at zero. */
final class WorkMeters {
  private final Counter deadLetters;
  private final Counter failures;
  private final Counter passingFaults;
  private final AtomicInteger waiting;
  private final AtomicInteger held;

  WorkMeters(MeterRegistry meters, Topic topic) {
    String name = topic.name();
    deadLetters = meters.counter("affinage.events.deadletter", "topic", name);
    failures = meters.counter("affinage.work.retries", "topic", name, "cause", "failure");
    passingFaults = meters.counter("affinage.work.retries", "topic", name, "cause", "passing");
    waiting =
        meters.gauge(
            "affinage.work.records",
            Tags.of("topic", name, "state", "unanswered"),
            new AtomicInteger());
    held =
        meters.gauge(
            "affinage.work.records",
            Tags.of("topic", name, "state", "held_by_fault"),
            new AtomicInteger());
  }

  void deadLetter() {
    deadLetters.increment();
  }

  void failed() {
    failures.increment();
  }

  void passingFault() {
    passingFaults.increment();
  }

  /**
   * @param unanswered records that were read and are not answered yet
   * @param heldByFault those of them that wait for something that is away
   */
  void state(int unanswered, int heldByFault) {
    waiting.set(unanswered);
    held.set(heldByFault);
  }
}
