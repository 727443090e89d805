package io.affinage.dataset.kafka;

import io.affinage.dataset.catalog.Catalog;
import io.affinage.dataset.submission.Outcome;
import io.affinage.dataset.submission.SubmissionHandler;
import io.affinage.events.DatasetReady;
import io.affinage.events.DatasetRejected;
import io.affinage.events.DatasetSubmitted;
import io.affinage.events.Event;
import io.affinage.events.EventData;
import io.affinage.events.EventFactory;
import io.affinage.events.NextStage;
import io.affinage.events.Topics;
import io.affinage.events.TrainingRequested;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jboss.logging.Logger;

/** From a submission to the records that tell how it ended. */
@Singleton
class SubmissionWork {
  private static final Logger LOG = Logger.getLogger(SubmissionWork.class);

  private final SubmissionHandler handler;
  private final Catalog catalog;
  private final CatalogView view;
  private final EventFactory events;
  private final SubmissionMeters meters;

  SubmissionWork(
      SubmissionHandler handler,
      Catalog catalog,
      CatalogView view,
      EventFactory events,
      SubmissionMeters meters) {
    this.handler = handler;
    this.catalog = catalog;
    this.view = view;
    this.events = events;
    this.meters = meters;
  }

  /**
   * What the catalog holds once these records are visible; null for a submission without effect.
   */
  record Result(EventData end, List<ProducerRecord<byte[], byte[]>> records) {}

  Result run(Event<DatasetSubmitted> submitted) throws InterruptedException {
    String id = submitted.data().submissionId();
    // Another instance may have ended it a moment ago.
    view.refresh();
    if (catalog.dataset(id).filter(SubmissionHandler::settled).isPresent()) {
      meters.duplicate();
      LOG.infof("Submission %s has ended before; it has no second effect", id);
      return new Result(null, List.of());
    }
    Instant start = Instant.now();
    Outcome outcome = handler.handle(submitted.data());
    meters.ended(outcome, Duration.between(start, Instant.now()));
    return outcome instanceof Outcome.Ready ready
        ? ready(submitted, ready.event())
        : rejected(submitted, ((Outcome.Rejected) outcome).event());
  }

  private Result ready(Event<DatasetSubmitted> submitted, DatasetReady data) {
    LOG.infof(
        "Submission %s is dataset %s: %s",
        data.submissionId(), data.dataset().digest(), data.counts());
    Event<DatasetReady> ready = events.causedBy(submitted, data);
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    records.add(OutgoingRecords.event(Topics.DATASET_READY, ready));
    if (catalog.dataset(data.submissionId()).isPresent()) {
      records.add(OutgoingRecords.tombstone(Topics.DATASET_REJECTED, data.submissionId()));
    }
    Optional<TrainingRequested> training = NextStage.afterDataset(data);
    training.ifPresent(
        request ->
            records.add(
                OutgoingRecords.event(Topics.TRAINING_REQUESTED, events.causedBy(ready, request))));
    return new Result(data, records);
  }

  private Result rejected(Event<DatasetSubmitted> submitted, DatasetRejected data) {
    LOG.infof("Submission %s is rejected: %s", data.submissionId(), data.error());
    Event<DatasetRejected> rejected = events.causedBy(submitted, data);
    return new Result(data, List.of(OutgoingRecords.event(Topics.DATASET_REJECTED, rejected)));
  }
}
