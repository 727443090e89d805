package io.affinage.eval.model;

import java.util.List;
import java.util.function.IntConsumer;

/** A model ready to be measured. Not thread-safe. */
public interface EvaluatedModel {

  /**
   * Answers prompts greedily, so that the same model always gives the same answers.
   *
   * @param maxNewTokens longest answer
   * @param stop texts that end an answer, and are not part of it
   * @param done told how many more prompts are answered, as they are; may throw to end the work
   * @return one answer per prompt, in their order
   */
  List<String> answer(List<Prompt> prompts, int maxNewTokens, List<String> stop, IntConsumer done);

  /**
   * Scores continuations.
   *
   * @param done as for {@link #answer}
   * @return one per question, in their order
   */
  List<Likelihood> likelihoods(List<Question> questions, IntConsumer done);

  /** Tokens of a prompt as the model reads it. */
  int tokens(Prompt prompt);

  /** Most tokens of prompt and answer together. */
  int contextLength();

  /** Whether it can be given a {@link Prompt.Chat}. */
  boolean hasChatTemplate();

  /**
   * How likely is this continuation of this prompt?
   *
   * @param prompt empty text for the likelihood of a whole document, whose first token then has
   *     none
   */
  record Question(Prompt prompt, String continuation) {}
}
