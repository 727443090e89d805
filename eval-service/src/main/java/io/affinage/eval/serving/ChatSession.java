package io.affinage.eval.serving;

import java.util.function.Predicate;

/** A question that was admitted, with its model in memory. */
public interface ChatSession extends AutoCloseable {

  /**
   * Answers.
   *
   * @param pieces takes each piece of text as it becomes certain; false ends the answer
   * @throws ServingException when it cannot be answered; nothing was handed out then
   */
  Answer answer(Predicate<String> pieces);

  @Override
  void close();
}
