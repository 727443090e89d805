package io.affinage.dataset.submission;

import io.affinage.dataset.DatasetException;
import io.affinage.dataset.catalog.DatasetEntry;
import io.affinage.dataset.ingest.DatasetVersion;
import io.affinage.dataset.ingest.Ingestion;
import io.affinage.dataset.ingest.IngestionRequest;
import io.affinage.dataset.ingest.RejectedDatasetException;
import io.affinage.dataset.layout.RowRules;
import io.affinage.dataset.reading.FileForm;
import io.affinage.events.DatasetCounts;
import io.affinage.events.DatasetReady;
import io.affinage.events.DatasetRejected;
import io.affinage.events.DatasetSource;
import io.affinage.events.DatasetSubmitted;
import io.affinage.events.ErrorDetail;
import io.affinage.events.RequestRules;
import io.affinage.events.RoutingSlip;
import io.affinage.events.Stage;
import io.affinage.events.StageNeeds;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Takes a submission to its end. Safe for several threads. */
public final class SubmissionHandler {

  private final Ingestion ingestion;
  private final SourceFiles sources;
  private final RetryPolicy retries;

  public SubmissionHandler(Ingestion ingestion, SourceFiles sources, RetryPolicy retries) {
    this.ingestion = ingestion;
    this.sources = sources;
    this.retries = retries;
  }

  /**
   * Whether the submission has ended for good. One that ended because the store or the source
   * failed may be handed in again.
   */
  public static boolean settled(DatasetEntry entry) {
    return !(entry instanceof DatasetEntry.Rejected rejected)
        || !Faults.mayPass(rejected.data().error());
  }

  /**
   * Reads, checks and stores the dataset. Failures of the source are tried again a few times; those
   * of the store postpone the submission.
   *
   * @throws InterruptedException when the service stops; nothing has happened then
   */
  public Outcome handle(DatasetSubmitted submission) throws InterruptedException {
    try {
      requireValid(submission);
    } catch (DatasetException e) {
      return rejected(submission, e.detail(), null, 0);
    }
    for (int attempt = 1; ; attempt++) {
      Outcome outcome = attempt(submission);
      boolean again =
          outcome instanceof Outcome.Rejected rejected
              && Faults.isOfTheSource(rejected.event().error())
              && attempt < retries.attempts();
      if (!again) {
        return outcome;
      }
      retries.pauseAfter(attempt);
    }
  }

  private Outcome attempt(DatasetSubmitted submission) {
    long bytes = 0;
    try (OpenedSource source = sources.open(submission.source())) {
      bytes = source.bytes();
      DatasetVersion version = ingestion.ingest(request(submission), source.rows());
      DatasetReady ready = ready(submission, version);
      Optional<ErrorDetail> unfit = StageNeeds.unmet(ready);
      return unfit.isPresent()
          ? rejected(submission, unfit.get(), ready.counts(), bytes)
          : new Outcome.Ready(ready, bytes);
    } catch (RejectedDatasetException e) {
      return rejected(submission, e.error(), e.counts(), bytes);
    } catch (DatasetException e) {
      return rejected(submission, e.detail(), null, bytes);
    } catch (IOException e) {
      ErrorDetail error = Faults.of(e);
      return Faults.isOfTheStore(error)
          ? new Outcome.Postponed(error)
          : rejected(submission, error, null, bytes);
    }
  }

  private static IngestionRequest request(DatasetSubmitted submission) {
    return new IngestionRequest(
        submission.name(),
        new FileForm(submission.format(), submission.encoding(), submission.separator()),
        new RowRules(
            submission.layout(),
            columns(submission.source()),
            constants(submission.source()),
            submission.keep(),
            submission.strict()),
        submission.split());
  }

  private static Map<String, String> columns(DatasetSource source) {
    if (source instanceof DatasetSource.Reference reference) {
      return reference.columns();
    }
    return source instanceof DatasetSource.Stored stored ? stored.columns() : null;
  }

  private static Map<String, String> constants(DatasetSource source) {
    if (source instanceof DatasetSource.Reference reference) {
      return reference.constants();
    }
    return source instanceof DatasetSource.Stored stored ? stored.constants() : null;
  }

  private static DatasetReady ready(DatasetSubmitted submission, DatasetVersion version) {
    return new DatasetReady(
        submission.submissionId(),
        submission.name(),
        version.artifact(),
        version.report().layout(),
        version.report().counts(),
        version.report().splits(),
        submission.slip(),
        version.report().unusedColumns(),
        version.report().notes(),
        submission.keep());
  }

  private static Outcome rejected(
      DatasetSubmitted submission, ErrorDetail error, DatasetCounts counts, long bytes) {
    return new Outcome.Rejected(
        new DatasetRejected(submission.submissionId(), submission.name(), error, counts), bytes);
  }

  private static void requireValid(DatasetSubmitted submission) {
    List<ErrorDetail> problems = RequestRules.problems(submission);
    if (!problems.isEmpty()) {
      ErrorDetail first = problems.get(0);
      throw new DatasetException(
          code(first.param()),
          problems.stream().map(ErrorDetail::message).collect(Collectors.joining("; ")),
          first.param());
    }
    RoutingSlip slip = submission.slip();
    if (slip != null
        && !slip.stages().isEmpty()
        && !(slip.stages().get(0) instanceof Stage.Train)) {
      throw new DatasetException(
          "invalid_slip",
          "after a dataset comes the stage train; evaluation needs the model that it makes",
          "slip.stages[0]");
    }
  }

  private static String code(String field) {
    return switch (field) {
      case "submissionId" -> "invalid_submission_id";
      case "name" -> "invalid_name";
      case "source.filename" -> "invalid_source";
      default -> "invalid_slip";
    };
  }
}
