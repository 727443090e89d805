package io.affinage.eval.serving;

/** Lets questions in. */
public interface ChatSessions {

  /**
   * Admits a question to its model's queue and loads the model if need be. The caller closes the
   * talk.
   *
   * @throws ServingException {@code queue_full}, or why the model cannot be used
   */
  ChatSession open(ServedModels.Served model, AnswerRequest ask);
}
