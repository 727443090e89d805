package io.affinage.llm.training;

import ai.djl.ndarray.NDArray;

/**
 * How a row's places count: the gradient is that of the weighted sum of what the {@link Head} gives
 * with its sign changed, of a language model of the weighted sum of -log p.
 */
sealed interface Weighting {

  /**
   * Weights that are there from the start.
   *
   * @param weight by place of the row, [places] float32
   * @param scale multiplies gradients
   * @param smoothing share of a target's probability that is spread over the vocabulary
   */
  record Given(NDArray weight, double scale, double smoothing) implements Weighting {}

  /** Weights that follow from what the head gives. */
  non-sealed interface ByOutput extends Weighting {

    /**
     * Asked once the last block's output is known.
     *
     * @param outputs by place of the row: log p of each pair, nats, or scores
     * @return by place of the row
     */
    float[] of(float[] outputs);
  }
}
