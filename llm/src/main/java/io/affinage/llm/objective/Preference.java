package io.affinage.llm.objective;

import io.affinage.llm.data.Group;
import io.affinage.llm.error.LlmException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * A pair of answers, the better one first, and how much likelier each has become than under the
 * reference.
 *
 * @param chosen the better answer
 * @param rejected the other
 */
record Preference(ScoredSequence chosen, ScoredSequence rejected) {

  /**
   * @throws IllegalArgumentException for what is no pair
   */
  static Preference of(ScoredGroup group) {
    if (group.members().size() != 2) {
      throw new IllegalArgumentException(group.members().size() + " members are no pair");
    }
    return new Preference(group.members().get(0), group.members().get(1));
  }

  /**
   * @throws LlmException {@code group_does_not_fit}
   */
  static void requireFit(Group group) {
    if (group.members().size() != 2
        || group.members().stream().anyMatch(member -> member.targetCount() == 0)) {
      throw new LlmException(
          "group_does_not_fit",
          "%s is no pair of answers with tokens to be scored: preferences are learned from a chosen and a rejected answer each"
              .formatted(group.id()));
    }
  }

  /** log p - log p of the reference, of the chosen answer, nats. */
  double chosenRatio() {
    return ratio(chosen);
  }

  /** log p - log p of the reference, of the rejected answer, nats. */
  double rejectedRatio() {
    return ratio(rejected);
  }

  private static double ratio(ScoredSequence sequence) {
    return sequence.logpSum() - sequence.sum(Signal.REFERENCE_LOGP);
  }

  /** Derivatives that are alike for all targets of an answer. */
  List<double[]> derivatives(double ofChosen, double ofRejected) {
    return List.of(filled(chosen, ofChosen), filled(rejected, ofRejected));
  }

  private static double[] filled(ScoredSequence sequence, double value) {
    double[] values = new double[sequence.targets()];
    Arrays.fill(values, value);
    return values;
  }

  /**
   * This pair's share of what TRL reports by the same names: implicit rewards ({@code beta} times
   * the ratio), how often the chosen one's is larger, and log-probabilities.
   *
   * @param pairs of the step
   */
  Map<String, Double> metrics(double beta, int pairs) {
    double better = beta * chosenRatio();
    double worse = beta * rejectedRatio();
    return Map.of(
        "rewards/chosen", better / pairs,
        "rewards/rejected", worse / pairs,
        "rewards/margins", (better - worse) / pairs,
        "rewards/accuracies", better > worse ? 1.0 / pairs : 0.0,
        "logps/chosen", chosen.logpSum() / pairs,
        "logps/rejected", rejected.logpSum() / pairs);
  }
}
