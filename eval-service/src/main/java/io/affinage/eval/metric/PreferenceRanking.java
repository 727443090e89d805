package io.affinage.eval.metric;

import io.affinage.eval.dataset.Item;
import io.affinage.eval.model.Likelihood;
import java.util.List;
import java.util.Optional;

/** What metrics of preference pairs have in common: a chosen and a rejected answer to a prompt. */
final class PreferenceRanking {
  private static final int CHOSEN = 0;
  private static final int REJECTED = 1;

  private PreferenceRanking() {}

  /** Why an item is no pair; empty where it is one. */
  static Optional<String> obstacle(Item item, Metric metric) {
    return item.rejected().isEmpty()
        ? Optional.of("has no rejected answer, which " + metric.wireName() + " compares with")
        : Optional.empty();
  }

  /** The chosen answer, then the rejected one. */
  static List<String> answers(Item item) {
    return List.of(item.reference(), item.rejected().orElseThrow());
  }

  static Likelihood chosen(List<Likelihood> pair) {
    return pair.get(CHOSEN);
  }

  static Likelihood rejected(List<Likelihood> pair) {
    return pair.get(REJECTED);
  }

  /** Log-probability a token, nats. */
  static double perToken(Likelihood likelihood) {
    return likelihood.logProbability() / Math.max(1, likelihood.tokens());
  }
}
