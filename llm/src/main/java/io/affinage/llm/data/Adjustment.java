package io.affinage.llm.data;

/** What was done to an example, or left out of it, so that it could be learned from. */
public enum Adjustment {
  /**
   * The target begins a token or more before the answer, where the tokens of the prompt alone and
   * those of prompt and answer part.
   */
  BOUNDARY_MOVED,
  /**
   * The text brought special tokens along that the tokenizer puts around texts: they stand once.
   */
  SPECIAL_TOKENS_ONCE,
  /**
   * The template writes earlier turns differently as a conversation goes on, so each answer is an
   * example of its own, after the conversation as it was then.
   */
  SPLIT_BY_ANSWER,
  /** The template does not write the tools that the assistant may call. */
  TOOLS_NOT_WRITTEN,
  /** The template leaves the text of a turn out that is not the assistant's. */
  TURN_NOT_WRITTEN,
  /** The template leaves an answer's reasoning out. */
  REASONING_NOT_WRITTEN,
  /** An answer among others is not followed by an end-of-text token. */
  ANSWER_WITHOUT_END
}
