package io.affinage.events;

/** How one row says what to learn. */
public enum DatasetLayout {
  AUTO,
  /** {@code instruction}, optional {@code input}, {@code output}, optional {@code system}. */
  ALPACA,
  /** {@code conversations} with {@code from}/{@code value}. */
  SHAREGPT,
  /** {@code messages} with {@code role}/{@code content}. */
  MESSAGES,
  /** {@code prompt} and {@code completion}, each text or messages. */
  PROMPT_COMPLETION,
  /**
   * {@code chosen} and {@code rejected}, optional prompt, each text or messages; or OpenAI's {@code
   * preferred_output} and {@code non_preferred_output}.
   */
  PREFERENCE,
  /**
   * One of the layouts of an answer, and {@code label}: true for a desirable answer, false for
   * another.
   */
  UNPAIRED_PREFERENCE,
  /** {@code text}: raw documents for pre-training. */
  TEXT,
  /**
   * {@code prompt}, text or messages, or {@code messages} that end with the user's turn: questions,
   * whose answers are sampled.
   */
  PROMPT_ONLY
}
