package io.affinage.trainer.engine;

import io.affinage.events.RewardRequested;
import io.affinage.events.RewardSpec;
import java.time.Instant;
import java.util.Collection;
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
   * @param spreads of what each reward of an ensemble gave, by its name; empty for other rewards
   */
  record Scores(List<OptionalDouble> values, Map<String, Spread> spreads) {
    public Scores {
      values = List.copyOf(values);
      spreads = Map.copyOf(spreads);
    }

    /** Scores of one reward. */
    public static Scores of(List<OptionalDouble> values) {
      return new Scores(values, Map.of());
    }
  }

  /**
   * How scores are spread.
   *
   * @param deviation of a sample; 0 for one score
   */
  record Spread(double mean, double deviation) {

    /** Of one score or more. */
    public static Spread of(Collection<Double> scores) {
      double mean = scores.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
      double squares = scores.stream().mapToDouble(s -> (s - mean) * (s - mean)).sum();
      return new Spread(mean, Math.sqrt(squares / Math.max(1, scores.size() - 1)));
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
