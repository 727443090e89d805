package io.affinage.dataset.kafka;

import io.affinage.dataset.submission.Outcome;
import io.affinage.events.DatasetCounts;
import io.affinage.events.Topics;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import jakarta.inject.Singleton;
import java.time.Duration;

/** The service's own metrics; all there from the start, so that a rate begins at zero. */
@Singleton
class SubmissionMeters {
  private final Counter accepted;
  private final Counter quarantined;
  private final Counter duplicateRows;
  private final Counter leftOut;
  private final Counter bytes;
  private final Counter ready;
  private final Counter rejected;
  private final Timer ingest;
  private final Counter duplicates;

  SubmissionMeters(MeterRegistry meters) {
    String topic = Topics.DATASET_SUBMITTED.name();
    accepted = meters.counter("affinage.dataset.rows", "outcome", "accepted");
    quarantined = meters.counter("affinage.dataset.rows", "outcome", "quarantined");
    leftOut = meters.counter("affinage.dataset.rows", "outcome", "left_out");
    duplicateRows = meters.counter("affinage.dataset.rows", "outcome", "duplicate");
    bytes = Counter.builder("affinage.dataset.bytes").baseUnit("bytes").register(meters);
    ready = meters.counter("affinage.dataset.submissions", "outcome", "ready");
    rejected = meters.counter("affinage.dataset.submissions", "outcome", "rejected");
    ingest = meters.timer("affinage.dataset.ingest");
    duplicates = meters.counter("affinage.events.duplicates", "topic", topic);
  }

  void ended(Outcome outcome, Duration took) {
    ingest.record(took);
    if (outcome instanceof Outcome.Ready done) {
      ready.increment();
      bytes.increment(done.bytes());
      rows(done.event().counts());
    } else if (outcome instanceof Outcome.Rejected refused) {
      rejected.increment();
      bytes.increment(refused.bytes());
      rows(refused.event().counts());
    }
  }

  void duplicate() {
    duplicates.increment();
  }

  private void rows(DatasetCounts counts) {
    if (counts != null) {
      accepted.increment(counts.accepted());
      quarantined.increment(counts.quarantined());
      duplicateRows.increment(counts.duplicates());
      leftOut.increment(counts.leftOut());
    }
  }
}
