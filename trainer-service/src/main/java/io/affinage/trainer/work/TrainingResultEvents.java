package io.affinage.trainer.work;

import io.affinage.events.ArtifactRef;
import io.affinage.events.ContentIds;
import io.affinage.events.ErrorDetail;
import io.affinage.events.Lineage;
import io.affinage.events.ModelRegistered;
import io.affinage.events.TrainingCancelled;
import io.affinage.events.TrainingFailed;
import io.affinage.events.TrainingSpec;
import io.affinage.events.objective.RewardModelSpec;
import io.affinage.trainer.base.BaseModel;
import io.affinage.trainer.engine.EngineOutcome;
import io.affinage.trainer.job.Job;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The events that a job ends in. */
final class TrainingResultEvents {
  private final String codeVersion;

  TrainingResultEvents(String codeVersion) {
    this.codeVersion = codeVersion;
  }

  /**
   * @param rewards digests of the reward models, by their role
   */
  ModelRegistered registered(
      Job job,
      AttemptLease attemptLease,
      TrainingSpec spec,
      BaseModel base,
      Map<String, String> rewards,
      EngineOutcome.Completed outcome,
      ArtifactRef model,
      Optional<ArtifactRef> record,
      long nowSeconds) {
    Lineage lineage =
        new Lineage(
            job.dataset().digest(),
            base.folder() == null ? null : base.folder().digest(),
            spec,
            spec.seed(),
            codeVersion,
            base.adapter() == null ? null : base.adapter().digest(),
            parents(job, base, rewards));
    return new ModelRegistered(
        modelId(base, job.request().suffix(), lineage),
        job.id(),
        attemptLease.attempt(),
        attemptLease.workerId(),
        outcome.adapter() ? ModelRegistered.Kind.ADAPTER : ModelRegistered.Kind.FULL,
        model,
        base.name(),
        base.folder(),
        job.dataset(),
        lineage,
        outcome.trainedTokens(),
        outcome.metrics(),
        nowSeconds,
        job.request().slip(),
        outcome.warnings().isEmpty() ? null : outcome.warnings(),
        job.request().baseName() == null ? base.origin() : job.request().baseName(),
        base.adapter(),
        spec.objective() instanceof RewardModelSpec
            ? ModelRegistered.SEQUENCE_CLASSIFICATION
            : null,
        record.orElse(null));
  }

  private static Map<String, String> parents(Job job, BaseModel base, Map<String, String> rewards) {
    Map<String, String> parents = new HashMap<>(rewards);
    parents.put("data", job.dataset().digest());
    if (base.folder() != null) {
      parents.put("base", base.folder().digest());
    }
    if (base.adapter() != null) {
      parents.put("adapter", base.adapter().digest());
    }
    return parents;
  }

  /** {@code BASE:SUFFIX:HASH}: the same lineage gives the same id, and the same bits. */
  private String modelId(BaseModel base, String suffix, Lineage lineage) {
    String label = suffix == null ? "" : suffix;
    return base.shortName() + ":" + label + ":" + ContentIds.of(lineage).substring(0, 12);
  }

  TrainingFailed failed(Job job, AttemptLease attemptLease, ErrorDetail error) {
    return new TrainingFailed(
        job.id(), attemptLease.attempt(), attemptLease.workerId(), error, job.request().slip());
  }

  TrainingCancelled cancelled(Job job, AttemptLease attemptLease) {
    return new TrainingCancelled(job.id(), attemptLease.attempt(), attemptLease.workerId());
  }
}
