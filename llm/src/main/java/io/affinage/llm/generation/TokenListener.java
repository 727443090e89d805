package io.affinage.llm.generation;

/** Hears each token as soon as it is chosen. */
@FunctionalInterface
public interface TokenListener {
  /** Listens to nothing. */
  TokenListener NONE = (row, token) -> true;

  /**
   * @return whether the row goes on; false ends it (a stop string was seen, the client went away)
   */
  boolean onToken(int row, int token);

  /** All tokens that were chosen at once have been told. What this throws ends the generation. */
  default void onBlock() {}
}
