package io.affinage.trainer.engine;

import io.affinage.events.RewardRequested;
import io.affinage.events.RewardSpec;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** Has answers scored that a model gave while it was trained. */
@FunctionalInterface
public interface AnswerScorer {

  /**
   * What came of some answers.
   *
   * @param values one for each, in their order; empty for an answer that cannot be scored
   * @param means of what each reward of an ensemble gave, by its name; empty for other rewards
   */
  record Scores(List<OptionalDouble> values, Map<String, Double> means) {
    public Scores {
      values = List.copyOf(values);
      means = Map.copyOf(means);
    }

    /** Scores of one reward. */
    public static Scores of(List<OptionalDouble> values) {
      return new Scores(values, Map.of());
    }
  }

  /**
   * Waits for the scores of some answers. The same answers get the same scores.
   *
   * @param answers each with an id of its own
   * @param sampledAt when the same answers were put on record by an attempt that may have asked for
   *     their scores; empty where nobody can have asked before
   * @param whileWaiting called several times a second while scores are waited for, on the thread
   *     that waits; may throw to end the wait
   * @return one for each, in their order
   * @throws io.affinage.events.reward.RewardException when there are no scores
   */
  Scores score(
      RewardSpec reward,
      List<RewardRequested.Item> answers,
      Optional<Instant> sampledAt,
      Runnable whileWaiting);
}
