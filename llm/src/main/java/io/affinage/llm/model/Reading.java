package io.affinage.llm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/**
 * How the output head of a language model is read.
 *
 * @param temperature that logits are divided by: of answers that were sampled at another than 1
 *     log-probabilities are those of the distribution that they came from
 * @param entropies whether the entropy of each distribution is wanted beside the log-probability of
 *     its target; it takes another pass over the vocabulary
 */
public record Reading(double temperature, boolean entropies) {
  /** The model's own distribution, and no entropies. */
  public static final Reading PLAIN = new Reading(1, false);

  public Reading {
    if (!(temperature > 0 && Double.isFinite(temperature))) {
      throw new IllegalArgumentException("a temperature is above 0, not " + temperature);
    }
  }

  /** As kernels take it, [2] float64 on the CPU. */
  public NDArray asVector(NDManager scope, Decoder decoder) {
    return decoder.hostVector(scope, temperature, entropies ? 1 : 0);
  }
}
