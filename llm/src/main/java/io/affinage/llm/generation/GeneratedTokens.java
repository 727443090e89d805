package io.affinage.llm.generation;

/**
 * One continuation.
 *
 * @param ids the new tokens, a stop token included
 * @param logProbabilities of each new token under the unmodified distribution (or at the
 *     temperature that was asked for), nats
 * @param finish why it ended
 */
public record GeneratedTokens(int[] ids, double[] logProbabilities, Finish finish) {

  /** Why a continuation ended; the names that OpenAI's API uses. */
  public enum Finish {
    STOP,
    LENGTH
  }
}
