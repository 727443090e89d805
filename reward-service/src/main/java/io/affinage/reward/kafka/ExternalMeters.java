package io.affinage.reward.kafka;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** What is counted of external rewards; all there from the start. */
final class ExternalMeters {
  private final Counter asked;
  private final Counter askedAgain;
  private final Counter answered;
  private final Counter failed;
  private final Counter timedOut;
  private final Counter duplicates;
  private final Timer time;

  ExternalMeters(MeterRegistry meters, Supplier<Number> waiting) {
    asked = counter(meters, "asked");
    askedAgain = counter(meters, "asked_again");
    answered = counter(meters, "answered");
    failed = counter(meters, "failed");
    timedOut = counter(meters, "timeout");
    duplicates = counter(meters, "duplicate");
    time = meters.timer("affinage.reward.external.time");
    Gauge.builder("affinage.reward.external.waiting", waiting).register(meters);
  }

  private static Counter counter(MeterRegistry meters, String what) {
    return meters.counter("affinage.reward.external", "what", what);
  }

  void asked() {
    asked.increment();
  }

  void askedAgain() {
    askedAgain.increment();
  }

  void answered(long nanos, boolean well) {
    (well ? answered : failed).increment();
    time.record(nanos, TimeUnit.NANOSECONDS);
  }

  void timedOut() {
    timedOut.increment();
  }

  void duplicate() {
    duplicates.increment();
  }
}
