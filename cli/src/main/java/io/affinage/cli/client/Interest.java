package io.affinage.cli.client;

import io.affinage.events.Topic;
import io.affinage.events.Topics;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a command wants to know; it reads these topics and no others. */
public enum Interest {
  /** Training jobs. */
  JOBS(
      Topics.TRAINING_REQUESTED,
      Topics.TRAINING_LOG,
      Topics.TRAINING_PROGRESS,
      Topics.TRAINING_FAILED,
      Topics.MODEL_REGISTERED),

  /** Registered models and the decisions on them. */
  MODELS(
      Topics.MODEL_REGISTERED,
      Topics.EVALUATION_COMPLETED,
      Topics.MODEL_PROMOTED,
      Topics.MODEL_REJECTED),

  /** What came of submitted datasets. */
  DATASETS(
      Topics.DATASET_SUBMITTED,
      Topics.DATASET_READY,
      Topics.DATASET_REJECTED,
      Topics.DATASET_SUBMITTED.deadLetter()),

  /** Whole runs. */
  RUNS(
      Stream.of(
              JOBS.topics.stream(),
              MODELS.topics.stream(),
              DATASETS.topics.stream(),
              Stream.of(Topics.EVALUATION_REQUESTED, Topics.EVALUATION_LOG),
              Topics.events().stream().filter(Topic::hasDeadLetters).map(Topic::deadLetter))
          .flatMap(topics -> topics)
          .collect(Collectors.toUnmodifiableSet()));

  private final Set<Topic> topics;

  Interest(Topic... topics) {
    this(Set.copyOf(List.of(topics)));
  }

  Interest(Set<Topic> topics) {
    this.topics = topics;
  }

  /** The topics that tell it. */
  public Set<Topic> topics() {
    return topics;
  }
}
