package io.affinage.llm.training;

import static io.affinage.llm.error.Hyperparameters.require;

/**
 * How examples become optimizer steps and micro-batches.
 *
 * @param batchSize rows of one optimizer step: examples, or packed rows
 * @param gradientAccumulation micro-batches that a step's rows are divided into; not used with a
 *     token budget
 * @param tokenBudget tokens that a micro-batch holds at most, rows of like length together; 0
 *     divides by {@code gradientAccumulation}
 * @param sharePrefixes compute what examples of a micro-batch share once (same loss, less work);
 *     without effect while {@link Regularisation#neftuneAlpha()} gives each example its own noise
 */
public record Batching(
    int batchSize, int gradientAccumulation, int tokenBudget, boolean sharePrefixes) {
  public static final Batching DEFAULT = new Batching(8, 1, 0, true);

  public Batching {
    require(batchSize > 0, "batchSize", "at least 1", batchSize);
    require(
        gradientAccumulation > 0 && gradientAccumulation <= batchSize,
        "gradientAccumulation",
        "between 1 and the batch size",
        gradientAccumulation);
    require(tokenBudget >= 0, "tokenBudget", "0 or more", tokenBudget);
    require(
        tokenBudget == 0 || gradientAccumulation == 1,
        "gradientAccumulation",
        "1 beside a token budget, which divides steps by itself",
        gradientAccumulation);
  }

  /** Whether a step is one micro-batch. */
  boolean isUndivided() {
    return gradientAccumulation == 1 && tokenBudget == 0;
  }

  /** Steps of so many rows, in one micro-batch each. */
  public static Batching of(int batchSize) {
    return new Batching(batchSize, 1, 0, true);
  }
}
