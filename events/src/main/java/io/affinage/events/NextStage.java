package io.affinage.events;

import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What comes after a stage of a run: the request that the service which finished the stage writes.
 * The one place that knows it. Whatever names the run's data and its caller's labels goes along
 * from each stage to the next; a stage that names a dataset of its own changes it for itself and
 * those after it.
 */
public final class NextStage {

  /** A run's data and labels, as every request of the run carries them. */
  private record Subject(
      ArtifactRef dataset,
      @Nullable String datasetName,
      @Nullable String datasetSubmissionId,
      @Nullable Map<String, String> metadata) {

    /** For a stage that may name a dataset of its own. */
    Subject of(Stage stage) {
      return stage.dataset() == null
          ? this
          : new Subject(stage.dataset(), stage.datasetName(), null, metadata);
    }
  }

  private NextStage() {}

  /** The training that a run begins with; empty when it wants nothing of its dataset. */
  public static Optional<TrainingRequested> afterDataset(DatasetReady ready) {
    Subject subject = new Subject(ready.dataset(), ready.name(), ready.submissionId(), null);
    return next(ready.slip())
        .filter(Stage.Train.class::isInstance)
        .map(Stage.Train.class::cast)
        .map(train -> training(train, null, subject.of(train), rest(ready.slip())));
  }

  /** What follows a training that registered a model; empty at the end of a run. */
  public static Optional<EventData> afterTraining(
      ModelRegistered model, TrainingRequested request) {
    return after(
        model,
        new Subject(
            model.dataset(),
            request.datasetName(),
            request.datasetSubmissionId(),
            request.metadata()),
        request.slip() == null ? null : request.slip().with(request.stage(), model.modelId()));
  }

  /** What follows an evaluation whose model was promoted; empty at the end of a run. */
  public static Optional<EventData> afterPromotion(EvaluationRequested request) {
    return after(
        request.model(),
        new Subject(
            request.dataset(),
            request.datasetName(),
            request.datasetSubmissionId(),
            request.metadata()),
        request.slip());
  }

  private static Optional<EventData> after(
      ModelRegistered model, Subject subject, @Nullable RoutingSlip slip) {
    return next(slip)
        .map(
            stage ->
                stage instanceof Stage.Train train
                    ? training(train, model, subject.of(train), rest(slip))
                    : evaluation(
                        ((Stage.Evaluate) stage).spec(), model, subject.of(stage), rest(slip)));
  }

  private static Optional<Stage> next(@Nullable RoutingSlip slip) {
    return slip == null || slip.stages().isEmpty()
        ? Optional.empty()
        : Optional.of(slip.stages().get(0));
  }

  private static RoutingSlip rest(@Nullable RoutingSlip slip) {
    if (slip == null) {
      throw new IllegalStateException("a stage comes from a slip");
    }
    return slip.rest();
  }

  private static TrainingRequested training(
      Stage.Train train, @Nullable ModelRegistered previous, Subject subject, RoutingSlip rest) {
    String base = base(train, previous, rest);
    return new TrainingRequested(
        ContentIds.jobId(base, subject.dataset(), null, train.spec(), train.suffix(), rest),
        base,
        subject.dataset(),
        subject.datasetName(),
        train.spec(),
        train.suffix(),
        subject.metadata(),
        rest,
        subject.datasetSubmissionId(),
        train.baseName(),
        train.name());
  }

  /** A stage's base as requests name it. What no stage made was refused when the slip came in. */
  private static String base(
      Stage.Train train, @Nullable ModelRegistered previous, RoutingSlip slip) {
    String base = train.baseModel();
    String made = null;
    if (base.equals(Stage.PREVIOUS)) {
      made = previous == null ? null : previous.modelId();
    } else if (base.startsWith(Stage.OF_STAGE)) {
      made =
          slip.outputs() == null
              ? null
              : slip.outputs().get(base.substring(Stage.OF_STAGE.length()));
    } else {
      return base;
    }
    if (made == null) {
      throw new IllegalStateException("no stage of run " + slip.runId() + " made " + base);
    }
    return "model:" + made;
  }

  private static EvaluationRequested evaluation(
      EvaluationSpec spec, ModelRegistered model, Subject subject, RoutingSlip rest) {
    return new EvaluationRequested(
        ContentIds.evaluationId(model.modelId(), subject.dataset(), spec, rest),
        model,
        subject.dataset(),
        spec,
        rest,
        subject.datasetName(),
        subject.datasetSubmissionId(),
        subject.metadata());
  }
}
