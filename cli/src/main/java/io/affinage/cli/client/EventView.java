package io.affinage.cli.client;

import io.affinage.events.DatasetReady;
import io.affinage.events.DatasetRejected;
import io.affinage.events.DatasetSubmitted;
import io.affinage.events.ErrorDetail;
import io.affinage.events.EvaluationClaimed;
import io.affinage.events.EvaluationCompleted;
import io.affinage.events.EvaluationFailed;
import io.affinage.events.EvaluationProgressed;
import io.affinage.events.EvaluationReleased;
import io.affinage.events.EvaluationRequested;
import io.affinage.events.Event;
import io.affinage.events.EventData;
import io.affinage.events.EventMetadata;
import io.affinage.events.ModelPromoted;
import io.affinage.events.ModelRegistered;
import io.affinage.events.ModelRejected;
import io.affinage.events.RoutingSlip;
import io.affinage.events.TrainingCancelled;
import io.affinage.events.TrainingClaimed;
import io.affinage.events.TrainingFailed;
import io.affinage.events.TrainingHeartbeat;
import io.affinage.events.TrainingProgressed;
import io.affinage.events.TrainingRequested;
import io.affinage.events.lease.JobLog;
import io.affinage.events.lease.JobViews;
import io.affinage.events.lease.Verdict;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * What the events add up to: datasets, jobs, models and runs. Events may come in any order between
 * topics, and more than once. What a worker says that does not hold the job, by the rule of the
 * leases, adds nothing.
 */
public final class EventView {
  private final Map<JobLog, JobViews> logs = new EnumMap<>(JobLog.class);
  private final Map<String, DatasetReady> datasets = new LinkedHashMap<>();
  private final Map<String, DatasetRejected> rejections = new HashMap<>();
  private final Map<String, JobView> jobs = new LinkedHashMap<>();
  private final Map<String, Map<Integer, String>> winners = new HashMap<>();
  private final Map<String, ModelSummary> models = new LinkedHashMap<>();
  private final Map<String, RunView> runs = new LinkedHashMap<>();
  private final Map<String, String> runOfEvaluation = new HashMap<>();
  private final Map<String, String> runOfSubmission = new HashMap<>();

  /**
   * Takes the next event in.
   *
   * @param record that it came in
   * @return whether it counts
   */
  public boolean accept(Event<?> event, ConsumerRecord<byte[], byte[]> record) {
    for (JobLog log : JobLog.values()) {
      if (log.topic().name().equals(record.topic()) && !counts(log, event, record)) {
        return false;
      }
    }
    add(event);
    return true;
  }

  /** Whether an entry of a log has an effect: every reader of the log comes to the same. */
  private boolean counts(JobLog log, Event<?> event, ConsumerRecord<byte[], byte[]> record) {
    EventMetadata metadata = event.metadata();
    return log.entry(event.data())
        .map(
            entry ->
                logs.computeIfAbsent(log, absent -> new JobViews())
                    .apply(
                        metadata.source() + " " + metadata.id(),
                        entry,
                        Instant.ofEpochMilli(record.timestamp())))
        .filter(transition -> transition.verdict() == Verdict.ACCEPTED)
        .isPresent();
  }

  private void add(Event<?> event) {
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
          .ifPresent(
              found -> {
                runOfEvaluation.put(requested.evaluationId(), found.runId());
                found.evaluationAsked(requested.evaluationId());
              });
    } else if (data instanceof EvaluationClaimed claimed) {
      Optional.ofNullable(runOfEvaluation.get(claimed.evaluationId()))
          .map(this::runOf)
          .or(() -> run)
          .ifPresent(found -> found.evaluationWaits(claimed.waiting()));
    } else if (data instanceof EvaluationReleased released) {
      Optional.ofNullable(runOfEvaluation.get(released.evaluationId()))
          .map(this::runOf)
          .or(() -> run)
          .ifPresent(found -> found.evaluationWaits(released.error()));
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
      decided(
          promoted.modelId(),
          promoted.evaluationId(),
          new ModelSummary.Decision(true, promoted.reason()),
          slip(promoted.slip()).or(() -> run));
    } else if (data instanceof ModelRejected rejected) {
      decided(
          rejected.modelId(),
          rejected.evaluationId(),
          new ModelSummary.Decision(false, rejected.reason()),
          slip(rejected.slip()).or(() -> run));
    } else {
      training(event, data, run);
    }
  }

  private void training(Event<?> event, EventData data, Optional<RunView> run) {
    if (data instanceof TrainingRequested requested) {
      job(requested.jobId(), job -> job.requested(requested, event.metadata().time()));
      slip(requested.slip()).or(() -> run).ifPresent(found -> found.job(requested.jobId()));
    } else if (data instanceof TrainingClaimed claimed) {
      job(claimed.jobId(), job -> job.claimed(claimed.attempt(), claimed.workerId()));
      winners
          .computeIfAbsent(claimed.jobId(), absent -> new HashMap<>())
          .put(claimed.attempt(), claimed.workerId());
    } else if (data instanceof TrainingHeartbeat heartbeat) {
      job(heartbeat.jobId(), job -> job.beating(heartbeat));
    } else if (data instanceof TrainingProgressed progressed) {
      job(progressed.jobId(), job -> job.progressed(progressed));
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

  private void decided(
      String modelId, String evaluationId, ModelSummary.Decision decision, Optional<RunView> run) {
    model(modelId, model -> model.with(decision));
    run.ifPresent(found -> found.decided(evaluationId, decision));
  }

  private void job(String id, UnaryOperator<JobView> change) {
    jobs.compute(id, (key, old) -> change.apply(old == null ? JobView.unknown(key) : old));
  }

  private void model(String id, UnaryOperator<ModelSummary> change) {
    models.compute(id, (key, old) -> change.apply(old == null ? ModelSummary.UNKNOWN : old));
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

  /** Every dataset version that is ready. */
  public Collection<DatasetReady> datasets() {
    return datasets.values();
  }

  /** A dataset that was refused. */
  public Optional<DatasetRejected> rejection(String submissionId) {
    return Optional.ofNullable(rejections.get(submissionId));
  }

  /** Every job, in the order in which it was first heard of. */
  public Collection<JobView> jobs() {
    return jobs.values();
  }

  /** Whether an attempt was won by another worker than this. */
  public boolean isOfLoser(String jobId, int attempt, String workerId) {
    String winner = winners.getOrDefault(jobId, Map.of()).get(attempt);
    return winner != null && !winner.equals(workerId);
  }

  public Optional<JobView> job(String jobId) {
    return Optional.ofNullable(jobs.get(jobId));
  }

  /** Every registered model. */
  public Collection<ModelSummary> models() {
    return models.values().stream().filter(model -> model.registered() != null).toList();
  }
}
