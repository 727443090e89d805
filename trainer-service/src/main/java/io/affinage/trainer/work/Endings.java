package io.affinage.trainer.work;

import io.affinage.events.ArtifactRef;
import io.affinage.events.ContentIds;
import io.affinage.events.ErrorDetail;
import io.affinage.events.EvaluationRequested;
import io.affinage.events.EventData;
import io.affinage.events.Lineage;
import io.affinage.events.ModelRegistered;
import io.affinage.events.RoutingSlip;
import io.affinage.events.Stage;
import io.affinage.events.TrainingCancelled;
import io.affinage.events.TrainingFailed;
import io.affinage.events.TrainingRequested;
import io.affinage.events.TrainingSpec;
import io.affinage.trainer.base.BaseModel;
import io.affinage.trainer.engine.TrainingOutcome;
import io.affinage.trainer.job.Job;
import io.affinage.trainer.spec.SpecResolver;
import java.util.List;

/** The events that a job ends in, and the request of the stage that follows. */
final class Endings {
  private final String codeVersion;

  Endings(String codeVersion) {
    this.codeVersion = codeVersion;
  }

  ModelRegistered registered(
      Job job,
      Tenure tenure,
      TrainingSpec spec,
      BaseModel base,
      TrainingOutcome.Completed outcome,
      ArtifactRef model,
      long nowSeconds) {
    Lineage lineage =
        new Lineage(
            job.dataset().digest(),
            base.folder() == null ? null : base.folder().digest(),
            spec,
            spec.seed(),
            codeVersion);
    return new ModelRegistered(
        modelId(base, job.request().suffix(), lineage),
        job.id(),
        tenure.attempt(),
        tenure.workerId(),
        outcome.adapter() ? ModelRegistered.Kind.ADAPTER : ModelRegistered.Kind.FULL,
        model,
        base.name(),
        base.folder(),
        job.dataset(),
        lineage,
        outcome.trainedTokens(),
        outcome.metrics(),
        nowSeconds,
        job.request().slip());
  }

  /** {@code BASE:SUFFIX:HASH}: the same lineage gives the same id, and the same bits. */
  private String modelId(BaseModel base, String suffix, Lineage lineage) {
    String label = suffix == null ? "" : suffix;
    return base.shortName() + ":" + label + ":" + ContentIds.of(lineage).substring(0, 12);
  }

  /** What the finished stage's service must ask for next; empty at the end of a run. */
  List<EventData> onward(ModelRegistered model, TrainingRequested request) {
    RoutingSlip slip = request.slip();
    if (slip == null || slip.stages().isEmpty()) {
      return List.of();
    }
    Stage next = slip.stages().get(0);
    if (next instanceof Stage.Evaluate evaluate) {
      String id =
          ContentIds.evaluationId(model.modelId(), model.dataset(), evaluate.spec(), slip.rest());
      return List.of(
          new EvaluationRequested(id, model, model.dataset(), evaluate.spec(), slip.rest()));
    }
    Stage.Train train = (Stage.Train) next;
    String baseModel = train.baseModel() == null ? "model:" + model.modelId() : train.baseModel();
    TrainingSpec spec = train.spec() == null ? SpecResolver.empty() : train.spec();
    String id =
        ContentIds.jobId(baseModel, model.dataset(), null, spec, train.suffix(), slip.rest());
    return List.of(
        new TrainingRequested(
            id,
            baseModel,
            model.dataset(),
            request.datasetName(),
            spec,
            train.suffix(),
            request.metadata(),
            slip.rest()));
  }

  TrainingFailed failed(Job job, Tenure tenure, ErrorDetail error) {
    return new TrainingFailed(
        job.id(), tenure.attempt(), tenure.workerId(), error, job.request().slip());
  }

  TrainingCancelled cancelled(Job job, Tenure tenure) {
    return new TrainingCancelled(job.id(), tenure.attempt(), tenure.workerId());
  }
}
