package io.affinage.llm.rollout;

import java.util.List;
import java.util.OptionalDouble;

/** Says how good answers are. */
@FunctionalInterface
public interface RewardFunction {

  /**
   * Scores answers, all of an iteration at once.
   *
   * @return one for each, in their order: finite, larger for better; empty for an answer that
   *     cannot be scored, which then counts nowhere
   * @throws io.affinage.llm.training.StopRequestedException when the run is to stop while scores
   *     are waited for
   */
  List<OptionalDouble> score(List<Rollout> rollouts);
}
