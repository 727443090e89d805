package io.affinage.events;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Every event: its CloudEvents type, its record, and what tells two events of one key apart. */
public enum EventType {
  FILE_UPLOADED(
      "file.uploaded", FileUploaded.class, event -> Arrays.asList(event.artifact().digest())),
  DATASET_SUBMITTED("dataset.submitted", DatasetSubmitted.class, event -> Arrays.asList()),
  DATASET_READY(
      "dataset.ready", DatasetReady.class, event -> Arrays.asList(event.dataset().digest())),
  DATASET_REJECTED(
      "dataset.rejected", DatasetRejected.class, event -> Arrays.asList(event.error().code())),
  TRAINING_REQUESTED("training.requested", TrainingRequested.class, event -> Arrays.asList()),
  TRAINING_CLAIMED(
      "training.claimed",
      TrainingClaimed.class,
      event -> Arrays.asList(event.attempt(), event.workerId())),
  TRAINING_HEARTBEAT(
      "training.heartbeat",
      TrainingHeartbeat.class,
      true,
      event -> Arrays.asList(event.attempt(), event.workerId(), event.step())),
  TRAINING_CHECKPOINTED(
      "training.checkpointed",
      TrainingCheckpointed.class,
      event -> Arrays.asList(event.attempt(), event.workerId(), event.step())),
  TRAINING_RELEASED(
      "training.released",
      TrainingReleased.class,
      event -> Arrays.asList(event.attempt(), event.workerId())),
  TRAINING_CONTROL_REQUESTED(
      "training.control-requested",
      TrainingControlRequested.class,
      true,
      event -> Arrays.asList(event.action())),
  TRAINING_PROGRESSED(
      "training.progressed",
      TrainingProgressed.class,
      event ->
          event.pass() == null
              ? Arrays.asList(event.attempt(), event.workerId(), event.step())
              : Arrays.asList(
                  event.attempt(),
                  event.workerId(),
                  event.step(),
                  event.pass().kind(),
                  event.pass().done())),
  TRAINING_FAILED(
      "training.failed",
      TrainingFailed.class,
      event -> Arrays.asList(event.attempt(), event.workerId())),
  TRAINING_CANCELLED(
      "training.cancelled",
      TrainingCancelled.class,
      event -> Arrays.asList(event.attempt(), event.workerId())),
  ROLLOUTS_SAMPLED(
      "rollouts.sampled",
      RolloutsSampled.class,
      // What has no batch keeps the id that it had before there were any.
      event ->
          event.batch() == null
              ? Arrays.asList(event.iteration(), event.policy(), event.rollouts().digest())
              : Arrays.asList(
                  event.iteration(), event.policy(), event.rollouts().digest(), event.batch())),
  ROLLOUTS_SCORED(
      "rollouts.scored",
      RolloutsScored.class,
      event -> Arrays.asList(event.iteration(), event.rollouts(), event.scores().digest())),
  POLICY_UPDATED(
      "policy.updated",
      PolicyUpdated.class,
      event -> Arrays.asList(event.iteration(), event.before(), event.after())),
  MODEL_REGISTERED(
      "model.registered",
      ModelRegistered.class,
      event -> Arrays.asList(event.jobId(), event.attempt(), event.workerId())),
  REWARD_REQUESTED("reward.requested", RewardRequested.class, event -> Arrays.asList()),
  REWARD_SCORED("reward.scored", RewardScored.class, event -> Arrays.asList()),
  REWARD_EXTERNAL_REQUESTED(
      "reward.external-requested", RewardExternalRequested.class, event -> Arrays.asList()),
  REWARD_EXTERNAL_SCORED(
      "reward.external-scored", RewardExternalScored.class, event -> Arrays.asList()),
  EVALUATION_REQUESTED("evaluation.requested", EvaluationRequested.class, event -> Arrays.asList()),
  EVALUATION_CLAIMED(
      "evaluation.claimed",
      EvaluationClaimed.class,
      true,
      event -> Arrays.asList(event.attempt(), event.workerId())),
  EVALUATION_PROGRESSED(
      "evaluation.progressed",
      EvaluationProgressed.class,
      event -> Arrays.asList(event.attempt(), event.workerId(), event.variant(), event.done())),
  EVALUATION_RELEASED(
      "evaluation.released",
      EvaluationReleased.class,
      event -> Arrays.asList(event.attempt(), event.workerId())),
  EVALUATION_COMPLETED(
      "evaluation.completed", EvaluationCompleted.class, event -> Arrays.asList(event.attempt())),
  EVALUATION_FAILED(
      "evaluation.failed", EvaluationFailed.class, event -> Arrays.asList(event.attempt())),
  MODEL_PROMOTED(
      "model.promoted", ModelPromoted.class, event -> Arrays.asList(event.evaluationId())),
  MODEL_REJECTED(
      "model.rejected", ModelRejected.class, event -> Arrays.asList(event.evaluationId()));

  private final String typeName;
  private final Class<? extends EventData> dataClass;
  private final boolean repeatable;
  private final Function<EventData, List<Object>> distinction;

  <T extends EventData> EventType(
      String name, Class<T> dataClass, Function<T, List<Object>> distinction) {
    this(name, dataClass, false, distinction);
  }

  <T extends EventData> EventType(
      String name, Class<T> dataClass, boolean repeatable, Function<T, List<Object>> distinction) {
    this.typeName = "io.affinage." + name + ".v1";
    this.dataClass = dataClass;
    this.repeatable = repeatable;
    this.distinction = event -> distinction.apply(dataClass.cast(event));
  }

  /** {@code io.affinage.<subject>.<past tense>.v1}. */
  public String typeName() {
    return typeName;
  }

  /** The record of this type. */
  public Class<? extends EventData> dataClass() {
    return dataClass;
  }

  /**
   * Whether equal data at another time is another event (a heartbeat), so that the id holds the
   * time too.
   */
  public boolean repeatable() {
    return repeatable;
  }

  /** What, beside type and key, tells this event from others. */
  List<Object> distinction(EventData data) {
    return distinction.apply(data);
  }

  /** The type of a record. */
  public static EventType of(EventData data) {
    return Arrays.stream(values())
        .filter(type -> type.dataClass == data.getClass())
        .findFirst()
        .orElseThrow(() -> new AssertionError("no event type for " + data.getClass()));
  }

  /** The type of a CloudEvents {@code type} attribute; empty for one that is unknown here. */
  public static Optional<EventType> find(String typeName) {
    return Arrays.stream(values()).filter(type -> type.typeName.equals(typeName)).findFirst();
  }
}
