package io.affinage.llm.error;

/** Checks of the numbers that users choose. */
public final class Hyperparameters {
  private Hyperparameters() {}

  /**
   * Refuses a value out of its range.
   *
   * @throws LlmException {@code invalid_hyperparameter}
   */
  public static void require(boolean holds, String name, String range, Object value) {
    if (!holds) {
      throw new LlmException(
          "invalid_hyperparameter", name + " must be " + range + ", not " + value);
    }
  }

  /** Refuses a decay rate of a running mean that is not in [0, 1). */
  public static void requireBeta(String name, double beta) {
    require(beta >= 0 && beta < 1, name, "in [0, 1)", beta);
  }
}
