package io.affinage.cli.client;

import io.affinage.events.ErrorDetail;
import io.affinage.events.ModelRegistered;
import io.affinage.events.TrainingProgressed;
import io.affinage.events.TrainingRequested;
import java.time.Instant;

/**
 * A training job as its events tell it.
 *
 * @param status queued, running, succeeded, failed or cancelled
 * @param requested null when the request's record is older than what Kafka keeps
 * @param progress the latest of the attempt that runs; null before the first
 * @param model null until it succeeded
 * @param error null unless it failed
 */
public record JobView(
    String jobId,
    Status status,
    int attempt,
    String workerId,
    Instant since,
    TrainingRequested requested,
    TrainingProgressed progress,
    ModelRegistered model,
    ErrorDetail error) {

  /** OpenAI's names. */
  public enum Status {
    QUEUED,
    RUNNING,
    SUCCEEDED,
    FAILED,
    CANCELLED;

    public boolean isFinal() {
      return this == SUCCEEDED || this == FAILED || this == CANCELLED;
    }
  }

  static JobView unknown(String jobId) {
    return new JobView(jobId, Status.QUEUED, 0, null, null, null, null, null, null);
  }

  JobView requested(TrainingRequested request, Instant time) {
    return new JobView(
        jobId,
        status,
        attempt,
        workerId,
        since == null ? time : since,
        request,
        progress,
        model,
        error);
  }

  /** A sign of life of an attempt; one of an older attempt changes nothing. */
  JobView alive(int byAttempt, String worker) {
    if (byAttempt < attempt || (byAttempt == attempt && workerId != null)) {
      return this;
    }
    // The end is on another topic too, which may have been read first.
    return status.isFinal()
        ? new JobView(jobId, status, byAttempt, worker, since, requested, progress, model, error)
        : new JobView(
            jobId, Status.RUNNING, byAttempt, worker, since, requested, null, model, error);
  }

  JobView progressed(TrainingProgressed latest) {
    JobView running = alive(latest.attempt(), latest.workerId());
    return latest.attempt() < running.attempt
        ? running
        : new JobView(
            jobId,
            running.status,
            running.attempt,
            running.workerId,
            since,
            requested,
            latest,
            model,
            error);
  }

  JobView ended(Status end, ModelRegistered registered, ErrorDetail why) {
    return new JobView(jobId, end, attempt, workerId, since, requested, progress, registered, why);
  }

  /** The name of the dataset, as far as it is known. */
  public String datasetName() {
    return requested == null || requested.datasetName() == null ? "-" : requested.datasetName();
  }

  /** The base model asked for. */
  public String baseModel() {
    return requested != null ? requested.baseModel() : model != null ? model.baseModel() : "-";
  }
}
