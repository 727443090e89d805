package io.affinage.trainer.engine;

import io.affinage.events.RewardRequested;
import io.affinage.events.RewardSpec;
import java.util.List;
import java.util.OptionalDouble;

/** Has answers scored that a model gave while it was trained. */
@FunctionalInterface
public interface AnswerScorer {

  /**
   * Waits for the scores of some answers. The same answers get the same scores.
   *
   * @param answers each with an id of its own
   * @return one for each, in their order; empty for an answer that cannot be scored
   * @throws io.affinage.events.reward.RewardException when there are no scores
   */
  List<OptionalDouble> score(RewardSpec reward, List<RewardRequested.Item> answers);
}
