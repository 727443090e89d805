package io.affinage.llm.training;

import ai.djl.ndarray.NDArray;
import java.util.Optional;

/**
 * How a row's places count: the gradient is that of the weighted sum of what the {@link Head} gives
 * with its sign changed, of a language model of the weighted sum of -log p.
 */
sealed interface Weighting {

  /**
   * Weights that are there from the start.
   *
   * @param weight by place of the row, [places] float32
   * @param values of the values at these places, likewise, where there are some
   * @param scale multiplies gradients of what is weighted by {@code weight}
   * @param smoothing share of a target's probability that is spread over the vocabulary
   */
  record Given(NDArray weight, Optional<NDArray> values, double scale, double smoothing)
      implements Weighting {

    /** Of a loss that knows no values. */
    Given(NDArray weight, double scale, double smoothing) {
      this(weight, Optional.empty(), scale, smoothing);
    }
  }

  /** Weights that follow from what the head gives. */
  non-sealed interface ByOutput extends Weighting {

    /** Asked once the last block's output is known. */
    PlaceWeights of(HeadOutputs outputs);
  }
}
