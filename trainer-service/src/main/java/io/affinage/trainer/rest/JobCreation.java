package io.affinage.trainer.rest;

import io.affinage.events.ContentIds;
import io.affinage.events.DatasetReady;
import io.affinage.events.ErrorDetail;
import io.affinage.events.StageNeeds;
import io.affinage.events.TrainingRequested;
import io.affinage.events.adapter.AdapterSpec;
import io.affinage.service.rest.ApiException;
import io.affinage.trainer.base.BaseModels;
import io.affinage.trainer.base.BaseReference;
import io.affinage.trainer.engine.Fit;
import io.affinage.trainer.engine.Preflight;
import io.affinage.trainer.engine.TrainingException;
import io.affinage.trainer.job.DatasetView;
import io.affinage.trainer.job.Job;
import io.affinage.trainer.job.JobBoard;
import io.affinage.trainer.job.JobCommands;
import io.affinage.trainer.job.ModelView;
import io.affinage.trainer.work.DryRuns;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.util.Optional;
import java.util.UUID;

/** Turns a checked request into a job, once per idempotency key. */
@Singleton
final class JobCreation {
  private final JobBoard board;
  private final DatasetView datasets;
  private final ModelView models;
  private final JobCommands commands;
  private final DryRuns dryRuns;
  private final BaseModels bases;

  JobCreation(
      JobBoard board,
      DatasetView datasets,
      ModelView models,
      JobCommands commands,
      DryRuns dryRuns,
      BaseModels bases) {
    this.board = board;
    this.datasets = datasets;
    this.models = models;
    this.commands = commands;
    this.dryRuns = dryRuns;
    this.bases = bases;
  }

  /**
   * @return the job's id
   */
  String create(JobRequest asked, String idempotencyKey) {
    check(asked);
    String unique = idempotencyKey == null ? UUID.randomUUID().toString() : idempotencyKey;
    String jobId = "ftjob-" + ContentIds.of("idempotency-key", unique);
    TrainingRequested request = request(jobId, asked);
    Optional<Job> existing = board.find(jobId);
    if (existing.isPresent()) {
      if (!sameContent(existing.get().request(), request)) {
        throw new ApiException(
            409,
            "idempotency_key_reused",
            "The Idempotency-Key was used for another request, which became job " + jobId + ".",
            null);
      }
      return jobId;
    }
    commands.request(request);
    return jobId;
  }

  DryRun dryRun(JobRequest asked) {
    check(asked);
    Optional<DatasetReady> ready = datasets.findReady(asked.trainingFile());
    Long rows = ready.map(r -> r.splits().get("train")).orElse(null);
    Preflight preflight = null;
    Fit fit = null;
    ErrorDetail problem = null;
    if (ready.isPresent()) {
      try {
        DryRuns.Rehearsal rehearsal = dryRuns.of(asked.base(), asked.spec(), ready.get().dataset());
        preflight = rehearsal.preflight().orElse(null);
        fit = rehearsal.fit().orElse(null);
        if (fit != null && !fit.fits()) {
          problem = new ErrorDetail("insufficient_memory", fit.misfit(), null);
        }
      } catch (TrainingException e) {
        problem = e.detail();
      } catch (IOException e) {
        problem = new ErrorDetail("files_unavailable", e.getMessage(), null);
      }
    }
    Long steps =
        preflight == null
            ? steps(asked, rows)
            : Long.valueOf(preflight.counts().get("steps").longValue());
    return new DryRun(
        "fine_tuning.job.dry_run",
        asked.model(),
        asked.trainingFile(),
        ready.map(r -> r.dataset().digest()).orElse(null),
        FineTuningJobView.hyperparameters(asked.spec()),
        asked.spec(),
        rows,
        steps,
        preflight,
        fit,
        problem);
  }

  private static Long steps(JobRequest asked, Long rows) {
    if (asked.spec().maxSteps() != null) {
      return asked.spec().maxSteps().longValue();
    }
    if (rows == null || asked.spec().method().equals("pretrain")) {
      return null;
    }
    double perEpoch = Math.ceil((double) rows / asked.spec().batchSize());
    return Math.max(1, (long) Math.ceil(asked.spec().epochs() * perEpoch - 1e-9));
  }

  /** Refuses what the worker would refuse, as far as that can be known here. */
  private void check(JobRequest asked) {
    String file = asked.trainingFile();
    boolean modelKnown = modelKnown(asked.base());
    if (!datasets.knows(file) || !modelKnown) {
      commands.catchUp();
    }
    if (!datasets.knows(file)) {
      throw ApiException.invalid(
          "invalid_training_file",
          "There is no file '" + file + "': upload it with POST /v1/files, or submit a dataset.",
          "training_file");
    }
    datasets
        .findRejected(file)
        .ifPresent(
            rejected -> {
              throw ApiException.invalid(
                  "invalid_training_file",
                  "The file '" + file + "' was rejected: " + rejected.error().message(),
                  "training_file");
            });
    datasets
        .findReady(file)
        .flatMap(ready -> StageNeeds.ofTraining(ready, asked.spec(), "training_file"))
        .ifPresent(
            unmet -> {
              throw ApiException.invalid(
                  "invalid_training_file",
                  "The file '" + file + "' cannot be learned from: " + unmet.message(),
                  unmet.param());
            });
    if (!modelKnown(asked.base())) {
      throw new ApiException(
          404,
          BaseReference.NOT_FOUND,
          "The model '"
              + asked.model()
              + "' does not exist; name a registered model, or a hub model as owner/name.",
          "model");
    }
  }

  /** How the adapter was trained that a reference means; empty for whole models. */
  Optional<AdapterSpec> parentAdapter(BaseReference base) {
    if (!modelKnown(base)) {
      commands.catchUp();
    }
    return bases.parentAdapter(base);
  }

  private boolean modelKnown(BaseReference base) {
    return !(base instanceof BaseReference.Registered named)
        || models.find(named.modelId()).isPresent();
  }

  private TrainingRequested request(String jobId, JobRequest asked) {
    Optional<DatasetReady> ready = datasets.findReady(asked.trainingFile());
    return new TrainingRequested(
        jobId,
        asked.model(),
        ready.map(DatasetReady::dataset).orElse(null),
        ready.map(DatasetReady::name).orElse(null),
        asked.spec(),
        asked.suffix(),
        asked.metadata(),
        null,
        asked.trainingFile(),
        null,
        null);
  }

  /** The dataset's version is left out: it may have become ready between the two requests. */
  private static boolean sameContent(TrainingRequested a, TrainingRequested b) {
    return java.util.Objects.equals(a.baseModel(), b.baseModel())
        && java.util.Objects.equals(a.datasetSubmissionId(), b.datasetSubmissionId())
        && java.util.Objects.equals(a.spec(), b.spec())
        && java.util.Objects.equals(a.suffix(), b.suffix())
        && java.util.Objects.equals(a.metadata(), b.metadata());
  }
}
