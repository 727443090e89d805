package io.affinage.llm.training;

import ai.djl.ndarray.NDArray;

/** Decides how a row's targets count, once the last block's output is known. */
@FunctionalInterface
interface Weighting {

  /**
   * @param hidden the last block's output [nodes, hidden]
   */
  Weights of(NDArray hidden);

  /**
   * How targets count: the gradient is that of the weighted sum of -log p.
   *
   * @param weight by pair of the row, [targets] float32
   * @param scale multiplies gradients
   * @param smoothing share of a target's probability that is spread over the vocabulary
   */
  record Weights(NDArray weight, double scale, double smoothing) {}
}
