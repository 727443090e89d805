package io.affinage.events;

import java.util.LinkedHashMap;
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
        request.slip() == null ? null : request.slip().with(request, model.modelId()));
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
                    : evaluation((Stage.Evaluate) stage, model, subject.of(stage), rest(slip)));
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
    String base = base(train.baseModel(), previous, rest);
    TrainingSpec spec =
        LearnedRewards.with(train.spec(), reward -> registered(reward, previous, rest));
    return new TrainingRequested(
        ContentIds.jobId(base, subject.dataset(), null, spec, train.suffix(), rest),
        base,
        subject.dataset(),
        subject.datasetName(),
        spec,
        train.suffix(),
        subject.metadata(),
        rest,
        subject.datasetSubmissionId(),
        train.baseName(),
        train.name());
  }

  private static EvaluationRequested evaluation(
      Stage.Evaluate stage, ModelRegistered last, Subject subject, RoutingSlip rest) {
    String measured =
        registered(stage.model() == null ? Stage.PREVIOUS : stage.model(), last, rest);
    EvaluationSpec spec =
        LearnedRewards.with(stage.spec(), reward -> registered(reward, last, rest));
    Map<String, String> compare = stage.compare() == null ? null : compared(stage, last, rest);
    return new EvaluationRequested(
        ContentIds.evaluationId(measured, subject.dataset(), spec, rest, compare),
        last,
        subject.dataset(),
        spec,
        rest,
        subject.datasetName(),
        subject.datasetSubmissionId(),
        subject.metadata(),
        measured.equals(last.modelId()) ? null : measured,
        compare);
  }

  private static Map<String, String> compared(
      Stage.Evaluate stage, ModelRegistered last, RoutingSlip slip) {
    Map<String, String> compared = new LinkedHashMap<>();
    for (String other : stage.compare()) {
      compared.put(
          other.substring(other.indexOf(':') + 1),
          other.equals(Stage.BASE) ? Stage.BASE : registered(other, last, slip));
    }
    return compared;
  }

  /** A stage's base as requests name it. */
  private static String base(String base, @Nullable ModelRegistered previous, RoutingSlip slip) {
    return base.equals(Stage.PREVIOUS) || base.startsWith(Stage.OF_STAGE)
        ? Stage.MODEL + registered(base, previous, slip)
        : base;
  }

  /**
   * The id of a model that a stage names. What no stage made was refused when the slip came in.
   *
   * @param named an id, too, with {@code model:} or without
   */
  private static String registered(
      String named, @Nullable ModelRegistered previous, RoutingSlip slip) {
    String made = named;
    if (named.equals(Stage.PREVIOUS)) {
      String last = previous == null ? null : previous.modelId();
      made = slip.policy() == null ? last : slip.policy();
    } else if (named.startsWith(Stage.OF_STAGE)) {
      made =
          slip.outputs() == null
              ? null
              : slip.outputs().get(named.substring(Stage.OF_STAGE.length()));
    } else if (named.startsWith(Stage.MODEL)) {
      made = named.substring(Stage.MODEL.length());
    }
    if (made == null) {
      throw new IllegalStateException("no stage of run " + slip.runId() + " made " + named);
    }
    return made;
  }
}
