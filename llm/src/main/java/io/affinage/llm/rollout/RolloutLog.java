package io.affinage.llm.rollout;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What a run samples, how that is scored and what the updates make of the weights, on record: an
 * iteration that is on it is neither sampled nor scored again. What is told is durable before a
 * method returns; what one of them throws ends the run.
 */
public interface RolloutLog {

  /** Keeps nothing. */
  RolloutLog NONE =
      new RolloutLog() {
        @Override
        public Optional<Iteration> sampled(int iteration, String policy) {
          return Optional.empty();
        }

        @Override
        public void recordSampled(Iteration sampled) {}

        @Override
        public Optional<Iteration> batch(int iteration, String policy, int number) {
          return Optional.empty();
        }

        @Override
        public void recordBatch(Iteration sampled, int number) {}

        @Override
        public Optional<List<OptionalDouble>> scores(Iteration of) {
          return Optional.empty();
        }

        @Override
        public void recordScores(Iteration of, List<OptionalDouble> scores) {}

        @Override
        public void recordUpdate(int iteration, String before, String after) {}
      };

  /**
   * The answers of an iteration.
   *
   * @param policy {@link Iteration#policy}: what other weights sampled is another record
   */
  Optional<Iteration> sampled(int iteration, String policy);

  /** Keeps the answers of an iteration, before they are scored. */
  void recordSampled(Iteration sampled);

  /**
   * A batch of the answers of an iteration that was not sampled to its end.
   *
   * @param policy as above
   * @param number of the batch, from 0
   */
  Optional<Iteration> batch(int iteration, String policy, int number);

  /**
   * Keeps a batch of the answers of an iteration that has several. When it has the last one, all of
   * them are told to {@link #recordSampled}.
   *
   * @param sampled with the batch's answers alone
   */
  void recordBatch(Iteration sampled, int number);

  /** The scores of answers that are on record, in their order; the first that were recorded. */
  Optional<List<OptionalDouble>> scores(Iteration of);

  /** Keeps the scores of answers that are on record, in their order. */
  void recordScores(Iteration of, List<OptionalDouble> scores);

  /**
   * Keeps which weights the updates of an iteration led to.
   *
   * @param before digest of what is trained, as it sampled
   * @param after as it is after the iteration's last step
   */
  void recordUpdate(int iteration, String before, String after);
}
