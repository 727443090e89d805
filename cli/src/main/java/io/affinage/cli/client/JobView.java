package io.affinage.cli.client;

import io.affinage.events.ErrorDetail;
import io.affinage.events.ModelRegistered;
import io.affinage.events.TrainingHeartbeat;
import io.affinage.events.TrainingProgressed;
import io.affinage.events.TrainingRequested;
import io.affinage.events.TrainingSpec;
import io.affinage.events.Warning;
import io.affinage.events.objective.SampledObjective;
import io.affinage.events.spec.InvalidSpecException;
import io.affinage.events.spec.SpecResolver;
import java.time.Instant;
import java.util.List;

/**
 * A training job as its events tell it.
 *
 * @param status queued, running, succeeded, failed or cancelled
 * @param attempt the latest that a worker won; 0 before the first
 * @param workerId who won it; null before the first
 * @param requested null when the request's record is older than what Kafka keeps
 * @param told the latest progress, of whomever; null before the first
 * @param model null until it succeeded
 * @param error null unless it failed
 * @param waiting what keeps its worker from going on; null while it goes on
 */
public record JobView(
    String jobId,
    Status status,
    int attempt,
    String workerId,
    Instant since,
    TrainingRequested requested,
    TrainingProgressed told,
    ModelRegistered model,
    ErrorDetail error,
    ErrorDetail waiting) {

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
    return new JobView(jobId, Status.QUEUED, 0, null, null, null, null, null, null, null);
  }

  JobView requested(TrainingRequested request, Instant time) {
    return new JobView(
        jobId,
        status,
        attempt,
        workerId,
        since == null ? time : since,
        request,
        told,
        model,
        error,
        waiting);
  }

  /** A worker won an attempt; its own progress may have been read before, from another topic. */
  JobView claimed(int won, String worker) {
    return new JobView(
        jobId,
        // The end is on another topic too, which may have been read first.
        status.isFinal() ? status : Status.RUNNING,
        won,
        worker,
        since,
        requested,
        told,
        model,
        error,
        null);
  }

  /** What a worker says that has lost the attempt, or an older one, changes nothing. */
  JobView progressed(TrainingProgressed latest) {
    boolean late =
        latest.attempt() < attempt
            || (latest.attempt() == attempt && !latest.workerId().equals(workerId));
    return late
        ? this
        : new JobView(
            jobId,
            status,
            attempt,
            workerId,
            since,
            requested,
            latest.after(progress()),
            model,
            error,
            waiting);
  }

  /** A sign of life of the worker that has the attempt. */
  JobView beating(TrainingHeartbeat sign) {
    return new JobView(
        jobId, status, attempt, workerId, since, requested, told, model, error, sign.waiting());
  }

  /** The latest of the attempt that runs, or ran last; null before the first. */
  public TrainingProgressed progress() {
    return told != null && told.attempt() == attempt && told.workerId().equals(workerId)
        ? told
        : null;
  }

  JobView ended(Status end, ModelRegistered registered, ErrorDetail why) {
    return new JobView(
        jobId, end, attempt, workerId, since, requested, told, registered, why, null);
  }

  /** What its owner should know of it: with its model, else as far as it was told. */
  public List<Warning> warnings() {
    List<Warning> found =
        model != null ? model.warnings() : progress() == null ? null : progress().warnings();
    return found == null ? List.of() : found;
  }

  /**
   * The round of sampled answers that its last step learned from, from 1; 0 before the first. Of a
   * training that samples none, its step.
   */
  public int iteration() {
    if (progress() == null) {
      return 0;
    }
    int steps = requested == null ? 1 : stepsOfIteration(requested.spec());
    return (progress().step() + steps - 1) / steps;
  }

  private static int stepsOfIteration(TrainingSpec asked) {
    if (!(asked.objective() instanceof SampledObjective)) {
      return 1;
    }
    try {
      // With the defaults of what was left open.
      TrainingSpec spec = SpecResolver.resolve(asked, false);
      Integer steps = ((SampledObjective) spec.objective()).numIterations();
      return steps == null ? 1 : steps;
    } catch (InvalidSpecException e) {
      return 1; // the trainer refuses it
    }
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
