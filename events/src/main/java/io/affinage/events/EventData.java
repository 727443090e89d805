package io.affinage.events;

/** The payload of one event. Every event on every topic is one of these records. */
public sealed interface EventData
    permits FileUploaded,
        DatasetSubmitted,
        DatasetReady,
        DatasetRejected,
        TrainingRequested,
        TrainingClaimed,
        TrainingHeartbeat,
        TrainingCheckpointed,
        TrainingReleased,
        TrainingControlRequested,
        TrainingProgressed,
        TrainingFailed,
        TrainingCancelled,
        RolloutsSampled,
        RolloutsScored,
        PolicyUpdated,
        ModelRegistered,
        RewardRequested,
        RewardScored,
        RewardExternalRequested,
        RewardExternalScored,
        EvaluationRequested,
        EvaluationClaimed,
        EvaluationProgressed,
        EvaluationReleased,
        EvaluationCompleted,
        EvaluationFailed,
        ModelPromoted,
        ModelRejected {

  /** The Kafka record key: the id whose order matters. */
  String key();
}
