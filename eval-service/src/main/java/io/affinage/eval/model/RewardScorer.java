package io.affinage.eval.model;

import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;

/** A reward model ready to be measured. Not thread-safe. */
public interface RewardScorer extends AutoCloseable {

  /**
   * Scores answers, in the rendering that the model learned from.
   *
   * @param done told how many more are scored, as they are; may throw to end the work
   * @return one per answer, in their order; empty for a text beyond the model's context
   */
  List<Optional<Score>> scores(List<Answered> answers, IntConsumer done);

  /** An answer to a prompt. */
  record Answered(Prompt prompt, String answer) {}

  /**
   * What an answer got.
   *
   * @param tokens of the answer
   */
  record Score(double value, int tokens) {}

  @Override
  void close();
}
