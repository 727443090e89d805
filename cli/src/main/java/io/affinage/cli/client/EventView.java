package io.affinage.cli.client;

import io.affinage.events.DatasetReady;
import io.affinage.events.DatasetRejected;
import io.affinage.events.DatasetSubmitted;
import io.affinage.events.ErrorDetail;
import io.affinage.events.EvaluationCompleted;
import io.affinage.events.EvaluationFailed;
import io.affinage.events.EvaluationProgressed;
import io.affinage.events.EvaluationRequested;
import io.affinage.events.Event;
import io.affinage.events.EventData;
import io.affinage.events.ModelPromoted;
import io.affinage.events.ModelRegistered;
import io.affinage.events.ModelRejected;
import io.affinage.events.RoutingSlip;
import io.affinage.events.TrainingCancelled;
import io.affinage.events.TrainingClaimed;
import io.affinage.events.TrainingFailed;
import io.affinage.events.TrainingHeartbeat;
import io.affinage.events.TrainingProgressed;
import io.affinage.events.TrainingReleased;
import io.affinage.events.TrainingRequested;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * What the events add up to: datasets, jobs, models and runs. Events may come in any order between
 * topics, and more than once.
 */
public final class EventView implements Consumer<Event<?>> {
  private final Map<String, DatasetReady> datasets = new LinkedHashMap<>();
  private final Map<String, DatasetRejected> rejections = new HashMap<>();
  private final Map<String, JobView> jobs = new LinkedHashMap<>();
  private final Map<String, ModelView> models = new LinkedHashMap<>();
  private final Map<String, RunView> runs = new LinkedHashMap<>();
  private final Map<String, String> runOfEvaluation = new HashMap<>();
  private final Map<String, String> runOfSubmission = new HashMap<>();

  @Override
  public void accept(Event<?> event) {
    EventData data = event.data();
    Optional<RunView> run = Optional.ofNullable(event.metadata().correlationId()).map(this::runOf);
    if (data instanceof DatasetSubmitted submitted) {
      slip(submitted.slip())
          .or(() -> run)
          .ifPresent(
              found -> {
                runOfSubmission.put(submitted.submissionId(), found.runId());
                found.submitted(submitted);
              });
    } else if (data instanceof DatasetReady ready) {
      datasets.put(ready.submissionId(), ready);
      slip(ready.slip()).or(() -> run).ifPresent(found -> found.ready(ready));
    } else if (data instanceof DatasetRejected rejected) {
      rejections.put(rejected.submissionId(), rejected);
      run.or(
              () ->
                  Optional.ofNullable(runOfSubmission.get(rejected.submissionId()))
                      .map(this::runOf))
          .ifPresent(found -> found.rejected(rejected));
    } else if (data instanceof EvaluationRequested requested) {
      slip(requested.slip())
          .or(() -> run)
          .ifPresent(found -> runOfEvaluation.put(requested.evaluationId(), found.runId()));
    } else if (data instanceof EvaluationProgressed progressed) {
      Optional.ofNullable(runOfEvaluation.get(progressed.evaluationId()))
          .map(this::runOf)
          .or(() -> run)
          .ifPresent(found -> found.evaluating(progressed));
    } else if (data instanceof EvaluationCompleted completed) {
      model(completed.modelId(), model -> model.with(completed));
      slip(completed.slip()).or(() -> run).ifPresent(found -> found.evaluated(completed));
    } else if (data instanceof EvaluationFailed failed) {
      slip(failed.slip()).or(() -> run).ifPresent(found -> found.failed(failed.error()));
    } else if (data instanceof ModelPromoted promoted) {
      decided(promoted.modelId(), true, promoted.reason(), slip(promoted.slip()).or(() -> run));
    } else if (data instanceof ModelRejected rejected) {
      decided(rejected.modelId(), false, rejected.reason(), slip(rejected.slip()).or(() -> run));
    } else {
      training(event, data, run);
    }
  }

  private void training(Event<?> event, EventData data, Optional<RunView> run) {
    if (data instanceof TrainingRequested requested) {
      job(requested.jobId(), job -> job.requested(requested, event.metadata().time()));
      slip(requested.slip()).or(() -> run).ifPresent(found -> found.job(requested.jobId()));
    } else if (data instanceof TrainingClaimed claimed) {
      job(claimed.jobId(), job -> job.alive(claimed.attempt(), claimed.workerId()));
    } else if (data instanceof TrainingHeartbeat heartbeat) {
      job(heartbeat.jobId(), job -> job.alive(heartbeat.attempt(), heartbeat.workerId()));
    } else if (data instanceof TrainingProgressed progressed) {
      job(progressed.jobId(), job -> job.progressed(progressed));
    } else if (data instanceof TrainingReleased released) {
      job(released.jobId(), job -> job.alive(released.attempt(), released.workerId()));
    } else if (data instanceof ModelRegistered registered) {
      job(registered.jobId(), job -> job.ended(JobView.Status.SUCCEEDED, registered, null));
      model(registered.modelId(), model -> model.with(registered));
      slip(registered.slip()).or(() -> run).ifPresent(found -> found.registered(registered));
    } else if (data instanceof TrainingFailed failed) {
      job(failed.jobId(), job -> job.ended(JobView.Status.FAILED, null, failed.error()));
      slip(failed.slip()).or(() -> run).ifPresent(found -> found.failed(failed.error()));
    } else if (data instanceof TrainingCancelled cancelled) {
      ErrorDetail error = new ErrorDetail("job_cancelled", "The job was cancelled.", null);
      job(cancelled.jobId(), job -> job.ended(JobView.Status.CANCELLED, null, error));
      run.or(() -> runOfJob(cancelled.jobId())).ifPresent(found -> found.failed(error));
    }
  }

  private void decided(String modelId, boolean promoted, String reason, Optional<RunView> run) {
    ModelView.Decision decision = new ModelView.Decision(promoted, reason);
    model(modelId, model -> model.with(decision));
    run.ifPresent(found -> found.decided(modelId, decision));
  }

  private void job(String id, UnaryOperator<JobView> change) {
    jobs.compute(id, (key, old) -> change.apply(old == null ? JobView.unknown(key) : old));
  }

  private void model(String id, UnaryOperator<ModelView> change) {
    models.compute(id, (key, old) -> change.apply(old == null ? ModelView.UNKNOWN : old));
  }

  private Optional<RunView> slip(RoutingSlip slip) {
    return Optional.ofNullable(slip).map(present -> runOf(present.runId()));
  }

  private RunView runOf(String runId) {
    return runs.computeIfAbsent(runId, RunView::new);
  }

  private Optional<RunView> runOfJob(String jobId) {
    return runs.values().stream().filter(run -> run.jobs().contains(jobId)).findFirst();
  }

  /** A run of which some event was read. */
  public Optional<RunView> run(String runId) {
    return Optional.ofNullable(runs.get(runId));
  }

  /** A dataset version that is ready. */
  public Optional<DatasetReady> dataset(String submissionId) {
    return Optional.ofNullable(datasets.get(submissionId));
  }

  /** A dataset that was refused. */
  public Optional<DatasetRejected> rejection(String submissionId) {
    return Optional.ofNullable(rejections.get(submissionId));
  }

  /** Every job, in the order in which it was first heard of. */
  public Collection<JobView> jobs() {
    return jobs.values();
  }

  public Optional<JobView> job(String jobId) {
    return Optional.ofNullable(jobs.get(jobId));
  }

  /** Every registered model. */
  public Collection<ModelView> models() {
    return models.values().stream().filter(model -> model.registered() != null).toList();
  }
}
