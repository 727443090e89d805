package io.affinage.trainer.rest;

import io.affinage.events.ArtifactRef;
import io.affinage.events.ErrorDetail;
import io.affinage.events.ModelRegistered;
import io.affinage.events.TrainingFailed;
import io.affinage.events.TrainingProgressed;
import io.affinage.events.TrainingRequested;
import io.affinage.events.TrainingSpec;
import io.affinage.events.lease.Lease;
import io.affinage.events.objective.DpoSpec;
import io.affinage.events.objective.ObjectiveSpec;
import io.affinage.events.spec.Choices;
import io.affinage.events.spec.InvalidSpecException;
import io.affinage.events.spec.SpecResolver;
import io.affinage.trainer.base.BaseReference;
import io.affinage.trainer.engine.TrainingException;
import io.affinage.trainer.job.Job;
import io.affinage.trainer.job.JobStatus;
import io.affinage.trainer.rest.FineTuningJob.Hyperparameters;
import java.util.List;
import java.util.Map;

/** From the domain's job to OpenAI's; the one place of this mapping. */
final class FineTuningJobView {
  private FineTuningJobView() {}

  static FineTuningJob of(Job job, long nowSeconds) {
    TrainingRequested request = job.request();
    TrainingSpec spec = resolved(request);
    Hyperparameters numbers = hyperparameters(spec);
    ModelRegistered model = job.terminal() instanceof ModelRegistered m ? m : null;
    return new FineTuningJob(
        "fine_tuning.job",
        job.id(),
        request.baseModel(),
        job.requestedAt() / 1000,
        job.finishedAt() == 0 ? null : Long.valueOf(job.finishedAt() / 1000),
        model == null ? null : model.modelId(),
        "affinage",
        List.of(),
        job.status().word(),
        null,
        trainingFile(request),
        numbers,
        model == null ? null : Long.valueOf(model.trainedTokens()),
        error(job),
        List.of(),
        spec.seed(),
        estimatedFinish(job, nowSeconds),
        method(spec, numbers),
        request.metadata() == null ? Map.of() : request.metadata(),
        request.suffix(),
        extension(job, spec));
  }

  private static FineTuningJob.Method method(TrainingSpec spec, Hyperparameters numbers) {
    if (spec.objective() == null) {
      return new FineTuningJob.Method("supervised", new FineTuningJob.Supervised(numbers), null);
    }
    FineTuningJob.Dpo dpo =
        spec.objective() instanceof DpoSpec chosen
            ? new FineTuningJob.Dpo(
                new FineTuningJob.DpoHyperparameters(
                    chosen.beta(),
                    numbers.nEpochs(),
                    numbers.batchSize(),
                    numbers.learningRateMultiplier()))
            : null;
    return new FineTuningJob.Method(Choices.name(ObjectiveSpec.class, spec.objective()), null, dpo);
  }

  static Hyperparameters hyperparameters(TrainingSpec spec) {
    Double epochs = spec.epochs();
    return new Hyperparameters(shown(epochs), spec.batchSize(), multiplier(spec));
  }

  /** Whole epochs as clients of OpenAI's API know them: as integers. */
  private static Number shown(Double epochs) {
    if (epochs != null && epochs == Math.rint(epochs)) {
      return epochs.longValue();
    }
    return epochs;
  }

  private static Double multiplier(TrainingSpec spec) {
    if (spec.learningRate() == null || spec.adapter() == null) {
      return null;
    }
    boolean pretrain = SpecResolver.PRETRAIN.equals(spec.method());
    return spec.learningRate()
        / SpecResolver.learningRate(spec.adapter(), spec.objective(), pretrain);
  }

  private static TrainingSpec resolved(TrainingRequested request) {
    try {
      return SpecResolver.resolve(
          request.spec(), BaseReference.parse(request.baseModel()).isScratch());
    } catch (InvalidSpecException | TrainingException e) {
      return request.spec() == null ? SpecResolver.empty() : request.spec();
    }
  }

  private static String trainingFile(TrainingRequested request) {
    if (request.datasetSubmissionId() != null) {
      return request.datasetSubmissionId();
    }
    ArtifactRef dataset = request.dataset();
    return dataset == null ? request.datasetName() : "artifact:" + dataset.digest();
  }

  private static ErrorDetail error(Job job) {
    return job.terminal() instanceof TrainingFailed failed ? failed.error() : null;
  }

  private static Long estimatedFinish(Job job, long nowSeconds) {
    if (job.status() != JobStatus.RUNNING) {
      return null;
    }
    return job.progress()
        .map(TrainingProgressed::etaSeconds)
        .map(eta -> nowSeconds + Math.round(eta))
        .orElse(null);
  }

  private static FineTuningJob.Extension extension(Job job, TrainingSpec spec) {
    TrainingProgressed progress = job.progress().orElse(null);
    return new FineTuningJob.Extension(
        spec,
        job.dataset() == null ? null : job.dataset().digest(),
        job.request().datasetName(),
        job.attempt(),
        job.state().holder().map(Lease::workerId).orElse(null),
        progress == null ? null : progress.step(),
        progress == null ? null : progress.totalSteps(),
        progress == null ? null : progress.trainLoss(),
        progress == null ? null : progress.pass(),
        job.request().slip() == null ? null : job.request().slip().runId());
  }
}
