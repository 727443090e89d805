package io.affinage.llm.rollout;

import io.affinage.llm.objective.Signal;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Makes of the scores of an iteration's answers what their tokens are learned by. */
public sealed interface AdvantageRule permits GroupComparison, TokenAdvantages {

  /** What it reads of {@link Rollout#signals}. */
  Set<Signal> reads();

  /** What it costs to leave the reference, as part of a reward, in the first iteration. */
  double firstCoefficient();

  /** Answers to a prompt that it takes at least, with the reason. */
  int leastGroup();

  /**
   * What is learned of an iteration. A function of what is given here alone.
   *
   * @param groups answers to a prompt together, each with its score or not a number
   * @param coefficient what it costs to leave the reference
   */
  Learned of(List<List<ScoredRollout>> groups, double coefficient);

  /**
   * What is learned of an iteration.
   *
   * @param signals by group, by answer: what its tokens are learned by, each [tokens]; empty for an
   *     answer that counts nowhere
   * @param metrics numbers by name
   * @param nextCoefficient what it costs to leave the reference in the next iteration
   */
  record Learned(
      List<List<Map<Signal, float[]>>> signals,
      Map<String, Double> metrics,
      double nextCoefficient) {}
}
