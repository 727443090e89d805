package io.affinage.eval.metric;

import java.util.List;
import java.util.Optional;

/** The metrics that there are. A new one is a class and a line here. */
public final class Metrics {
  /** Of the model's own answers; the metric of specifications that name none. */
  public static final AnswerMetric EXACT_MATCH = new AnswerMetric("exact_match", false);

  /** Of the model's own answers, by the reward of the specification. */
  public static final AnswerMetric REWARD = new AnswerMetric("reward", true);

  /** Of a reward model; the metric of specifications that name none. */
  public static final RewardAccuracy REWARD_ACCURACY = new RewardAccuracy();

  public static final List<Metric> ALL =
      List.of(
          EXACT_MATCH,
          REWARD,
          new MultipleChoice(),
          new Perplexity(),
          new PreferenceAccuracy(),
          new ImplicitRewardAccuracy(),
          REWARD_ACCURACY);

  private Metrics() {}

  /** The metric of this name. */
  public static Optional<Metric> named(String wireName) {
    return ALL.stream().filter(metric -> metric.wireName().equals(wireName)).findFirst();
  }
}
