package io.affinage.llm.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;

/**
 * What stands behind the last block: a number for each place of a row (log p of a token, a score),
 * and the way back from what is made of these numbers. Of one pass.
 */
interface Head {

  /**
   * What it gives of each place of the row.
   *
   * @param hidden the last block's output [nodes, hidden]
   */
  HeadOutputs outputs(NDArray hidden);

  /**
   * Forward and back, of the weighted sum of the numbers with their signs changed.
   *
   * @param hidden the last block's output [nodes, hidden]
   * @param weighting of the places: the derivatives of a loss by the numbers, with their signs
   *     changed
   */
  Result forwardBackward(NDArray hidden, Weighting weighting);

  /**
   * What the way back gives.
   *
   * @param loss that sum, of weights that were given; else not a number
   * @param upstream its gradient by {@code hidden}
   * @param own its gradients by trained arrays of the final norm and of the head, as {@link
   *     Trainables#addHeadGradients} takes them
   */
  record Result(double loss, NDArray upstream, NDList own) {}
}
