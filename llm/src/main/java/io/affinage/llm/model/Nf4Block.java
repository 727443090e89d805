package io.affinage.llm.model;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
import java.util.List;

/**
 * The weights of one decoder block with linear layers in NF4.
 *
 * @param layers the weight of each of them, in the order of the decoder's linear layers; null where
 *     one is not quantized
 * @param others all other arrays, as kernels take them; an empty array for what the model lacks and
 *     for quantized weights
 * @param read what was read from a file for it
 */
record Nf4Block(List<Nf4Weight> layers, List<NDArray> others, Read read) {

  /** Bytes read, and the seconds from the beginning to the end of it. */
  record Read(long bytes, double seconds) {
    static final Read NOTHING = new Read(0, 0);
  }

  Nf4Block {
    layers = Arrays.asList(layers.toArray(Nf4Weight[]::new));
    others = List.copyOf(others);
  }
}
