package io.affinage.events;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Every topic there is. */
public final class Topics {
  public static final Topic FILE_UPLOADED = Topic.latest("file.uploaded", EventType.FILE_UPLOADED);
  public static final Topic DATASET_SUBMITTED =
      Topic.kept("dataset.submitted", 30, EventType.DATASET_SUBMITTED).withDeadLetters();
  public static final Topic DATASET_READY = Topic.latest("dataset.ready", EventType.DATASET_READY);
  public static final Topic DATASET_REJECTED =
      Topic.latest("dataset.rejected", EventType.DATASET_REJECTED);

  public static final Topic TRAINING_REQUESTED =
      Topic.kept("training.requested", 30, EventType.TRAINING_REQUESTED).withDeadLetters();

  /** The lock of every training job; keyed by job. */
  public static final Topic TRAINING_LOG =
      Topic.kept(
              "training.log",
              30,
              EventType.TRAINING_CLAIMED,
              EventType.TRAINING_HEARTBEAT,
              EventType.TRAINING_CHECKPOINTED,
              EventType.TRAINING_RELEASED,
              EventType.TRAINING_CONTROL_REQUESTED,
              EventType.MODEL_REGISTERED,
              EventType.TRAINING_FAILED,
              EventType.TRAINING_CANCELLED)
          .withBrokerTime();

  public static final Topic TRAINING_PROGRESS =
      Topic.kept("training.progress", 7, EventType.TRAINING_PROGRESSED);

  /** What jobs sample, how that is scored and what it makes of the weights; keyed by job. */
  public static final Topic TRAINING_ROLLOUTS =
      Topic.kept(
              "training.rollouts",
              30,
              EventType.ROLLOUTS_SAMPLED,
              EventType.ROLLOUTS_SCORED,
              EventType.POLICY_UPDATED)
          .withBrokerTime();

  public static final Topic TRAINING_FAILED =
      Topic.latest("training.failed", EventType.TRAINING_FAILED, EventType.TRAINING_CANCELLED);
  public static final Topic MODEL_REGISTERED =
      Topic.latest("model.registered", EventType.MODEL_REGISTERED);

  public static final Topic REWARD_REQUESTED =
      Topic.kept("reward.requested", 7, EventType.REWARD_REQUESTED).withDeadLetters();
  public static final Topic REWARD_SCORED = Topic.kept("reward.scored", 7, EventType.REWARD_SCORED);

  /** For programs of the user's that score; more topics of the same kind begin with its name. */
  public static final Topic REWARD_EXTERNAL_REQUESTED =
      Topic.kept("reward.external.requested", 7, EventType.REWARD_EXTERNAL_REQUESTED);

  /** What these programs answer. */
  public static final Topic REWARD_EXTERNAL_SCORED =
      Topic.kept("reward.external.scored", 7, EventType.REWARD_EXTERNAL_SCORED).withDeadLetters();

  public static final Topic EVALUATION_REQUESTED =
      Topic.kept("evaluation.requested", 30, EventType.EVALUATION_REQUESTED).withDeadLetters();

  /** The lock of every evaluation; keyed by evaluation. */
  public static final Topic EVALUATION_LOG =
      Topic.kept(
              "evaluation.log",
              30,
              EventType.EVALUATION_CLAIMED,
              EventType.EVALUATION_PROGRESSED,
              EventType.EVALUATION_RELEASED,
              EventType.EVALUATION_COMPLETED,
              EventType.EVALUATION_FAILED)
          .withBrokerTime();

  public static final Topic EVALUATION_COMPLETED =
      Topic.latest(
          "evaluation.completed", EventType.EVALUATION_COMPLETED, EventType.EVALUATION_FAILED);
  public static final Topic MODEL_PROMOTED =
      Topic.latest("model.promoted", EventType.MODEL_PROMOTED);
  public static final Topic MODEL_REJECTED =
      Topic.latest("model.rejected", EventType.MODEL_REJECTED);

  private static final List<Topic> EVENT_TOPICS =
      List.of(
          FILE_UPLOADED,
          DATASET_SUBMITTED,
          DATASET_READY,
          DATASET_REJECTED,
          TRAINING_REQUESTED,
          TRAINING_LOG,
          TRAINING_PROGRESS,
          TRAINING_ROLLOUTS,
          TRAINING_FAILED,
          MODEL_REGISTERED,
          REWARD_REQUESTED,
          REWARD_SCORED,
          REWARD_EXTERNAL_REQUESTED,
          REWARD_EXTERNAL_SCORED,
          EVALUATION_REQUESTED,
          EVALUATION_LOG,
          EVALUATION_COMPLETED,
          MODEL_PROMOTED,
          MODEL_REJECTED);

  private static final Map<String, Topic> BY_NAME =
      Stream.concat(
              EVENT_TOPICS.stream(),
              EVENT_TOPICS.stream().filter(Topic::hasDeadLetters).map(Topic::deadLetter))
          .collect(Collectors.toUnmodifiableMap(Topic::name, Function.identity()));

  private Topics() {}

  /** The topics that carry events, without dead letters. */
  public static List<Topic> events() {
    return EVENT_TOPICS;
  }

  /** All topics, dead letters too, by name. */
  public static List<Topic> all() {
    return BY_NAME.values().stream().sorted(Comparator.comparing(Topic::name)).toList();
  }

  /** The topic of a name; empty for one that is not ours. */
  public static Optional<Topic> find(String name) {
    return Optional.ofNullable(BY_NAME.get(name));
  }
}
