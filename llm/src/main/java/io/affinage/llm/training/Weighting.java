package io.affinage.llm.training;

import ai.djl.ndarray.NDArray;

/** How a row's targets count: the gradient is that of the weighted sum of -log p. */
sealed interface Weighting {

  /**
   * Weights that are there from the start.
   *
   * @param weight by pair of the row, [targets] float32
   * @param scale multiplies gradients
   * @param smoothing share of a target's probability that is spread over the vocabulary
   */
  record Given(NDArray weight, double scale, double smoothing) implements Weighting {}

  /** Weights that follow from log-probabilities. */
  non-sealed interface ByLogProbability extends Weighting {

    /**
     * Asked once the last block's output is known.
     *
     * @param logp by pair of the row, nats
     * @return by pair of the row
     */
    float[] of(float[] logp);
  }
}
