package io.affinage.trainer.engine;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/**
 * What a job samples, how that is scored and what the updates make of the weights, on record: what
 * is on it is neither sampled nor scored again. Whatever is told is durable when a method returns.
 */
public interface RolloutRecord {

  /** Keeps nothing. */
  RolloutRecord NONE =
      new RolloutRecord() {
        @Override
        public Optional<Sampled> sampled(int iteration, String policy) {
          return Optional.empty();
        }

        @Override
        public void recordSampled(int iteration, String policy, int completions, Path file) {}

        @Override
        public Optional<Path> batch(int iteration, String policy, int number) {
          return Optional.empty();
        }

        @Override
        public void recordBatch(
            int iteration, String policy, int number, int completions, Path file) {}

        @Override
        public Optional<Path> scores(int iteration, String policy) {
          return Optional.empty();
        }

        @Override
        public void recordScores(int iteration, String policy, Path file) {}

        @Override
        public void recordUpdate(int iteration, String before, String after) {}
      };

  /**
   * Answers on record.
   *
   * @param file as it was given; read-only
   * @param at when they were put on record
   */
  record Sampled(Path file, Instant at) {}

  /**
   * The answers of an iteration, by the weights that sampled them.
   *
   * @throws TrainingException when the record cannot be read
   */
  Optional<Sampled> sampled(int iteration, String policy) throws TrainingException;

  /**
   * Puts the answers of an iteration on record.
   *
   * @throws TrainingException when it cannot be kept
   */
  void recordSampled(int iteration, String policy, int completions, Path file)
      throws TrainingException;

  /**
   * A batch of the answers of an iteration that was not sampled to its end.
   *
   * @param number of the batch, from 0
   * @throws TrainingException when the record cannot be read
   */
  Optional<Path> batch(int iteration, String policy, int number) throws TrainingException;

  /**
   * Puts a batch of the answers of an iteration on record.
   *
   * @throws TrainingException when it cannot be kept
   */
  void recordBatch(int iteration, String policy, int number, int completions, Path file)
      throws TrainingException;

  /**
   * The scores of answers that are on record.
   *
   * @throws TrainingException when the record cannot be read
   */
  Optional<Path> scores(int iteration, String policy) throws TrainingException;

  /**
   * Puts the scores of answers on record.
   *
   * @throws TrainingException when they cannot be kept
   */
  void recordScores(int iteration, String policy, Path file) throws TrainingException;

  /**
   * Puts on record which weights the updates of an iteration led to.
   *
   * @throws TrainingException when it cannot be kept; {@code replay_differs}
   */
  void recordUpdate(int iteration, String before, String after) throws TrainingException;
}
