package io.affinage.dataset.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.affinage.dataset.catalog.Catalog;
import io.affinage.dataset.submission.Outcome;
import io.affinage.dataset.submission.SubmissionHandler;
import io.affinage.events.DatasetReady;
import io.affinage.events.DatasetRejected;
import io.affinage.events.DatasetSource;
import io.affinage.events.DatasetSubmitted;
import io.affinage.events.ErrorDetail;
import io.affinage.events.Event;
import io.affinage.events.EventCodec;
import io.affinage.events.EventData;
import io.affinage.events.EventException;
import io.affinage.events.EventFactory;
import io.affinage.events.NextStage;
import io.affinage.events.Topics;
import io.affinage.events.TrainingRequested;
import io.affinage.events.Understanding;
import io.affinage.service.work.PassingFaultException;
import io.affinage.service.work.RecordHandler;
import io.affinage.service.work.Traits;
import io.affinage.service.work.WorkResult;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.jboss.logging.Logger;

/** From a submission to the records that tell how it ended. */
@Singleton
class SubmissionWork implements RecordHandler {
  private static final Logger LOG = Logger.getLogger(SubmissionWork.class);

  /** Bytes up to which a file is small: it is ingested in well under a second. */
  private static final long SMALL = 4 << 20;

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

  /** What lies elsewhere counts as large: how much it is, and how slowly it comes, is not known. */
  @Override
  public Traits traits(ConsumerRecord<byte[], byte[]> record) {
    Header source = record.headers().lastHeader("ce_source");
    String producer =
        source == null || source.value() == null ? "" : new String(source.value(), UTF_8);
    try {
      return new Traits(producer, isLarge(decoded(record).data().source()));
    } catch (EventException e) {
      return new Traits(producer, false);
    }
  }

  private static boolean isLarge(DatasetSource source) {
    return source instanceof DatasetSource.Stored stored
        ? stored.artifact().size() > SMALL
        : source instanceof DatasetSource.Reference;
  }

  private static Event<DatasetSubmitted> decoded(ConsumerRecord<byte[], byte[]> record) {
    return EventCodec.decode(record).as(DatasetSubmitted.class);
  }

  @Override
  public WorkResult handle(ConsumerRecord<byte[], byte[]> record, long readNanos)
      throws PassingFaultException, InterruptedException {
    Event<DatasetSubmitted> submitted = decoded(record);
    String id = submitted.data().submissionId();
    // Another instance may have ended it a moment before it was read here.
    view.refreshSince(readNanos);
    if (catalog.dataset(id).filter(SubmissionHandler::settled).isPresent()) {
      meters.duplicate();
      LOG.infof("Submission %s has ended before; it has no second effect", id);
      return new WorkResult(List.of());
    }
    Optional<ErrorDetail> problem = Understanding.problem(submitted);
    if (problem.isPresent()) {
      return giveUp(record, problem.get());
    }
    Instant start = Instant.now();
    Outcome outcome = handler.handle(submitted.data());
    if (outcome instanceof Outcome.Postponed postponed) {
      throw new PassingFaultException(postponed.why().code(), postponed.why().message(), null);
    }
    meters.ended(outcome, Duration.between(start, Instant.now()));
    return outcome instanceof Outcome.Ready ready
        ? ready(submitted, ready.event())
        : rejected(submitted, ((Outcome.Rejected) outcome).event());
  }

  @Override
  public WorkResult giveUp(ConsumerRecord<byte[], byte[]> record, ErrorDetail why) {
    Event<DatasetSubmitted> submitted = decoded(record);
    DatasetRejected rejected =
        new DatasetRejected(submitted.data().submissionId(), submitted.data().name(), why, null);
    meters.ended(new Outcome.Rejected(rejected, 0), Duration.ZERO);
    return rejected(submitted, rejected);
  }

  private WorkResult ready(Event<DatasetSubmitted> submitted, DatasetReady data) {
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
    return answer(records, data);
  }

  private WorkResult rejected(Event<DatasetSubmitted> submitted, DatasetRejected data) {
    LOG.infof("Submission %s is rejected: %s", data.submissionId(), data.error());
    Event<DatasetRejected> rejected = events.causedBy(submitted, data);
    return answer(List.of(OutgoingRecords.event(Topics.DATASET_REJECTED, rejected)), data);
  }

  private WorkResult answer(List<ProducerRecord<byte[], byte[]>> records, EventData end) {
    return new WorkResult(records, () -> catalog.apply(end, Instant.now()));
  }
}
