package io.affinage.eval.metric;

import java.util.Optional;

/**
 * A number that an evaluation finds of a model, with its interval. It is found from how likely the
 * model finds given texts, from its own answers, or of a reward model from its scores. {@link
 * Metrics} registers them.
 */
public sealed interface Metric permits LikelihoodMetric, AnswerMetric, RewardAccuracy {

  /** As in specifications, events and the API. */
  String wireName();

  /**
   * What the gain is over, for people, where it is not the model that this one is compared with.
   */
  default Optional<String> baseline() {
    return Optional.empty();
  }
}
