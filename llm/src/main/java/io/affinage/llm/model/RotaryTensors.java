package io.affinage.llm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.affinage.llm.model.config.RotaryEmbedding;
import java.util.ArrayList;
import java.util.List;

/**
 * The rotary embeddings of a decoder for texts of one length.
 *
 * @param frequencies of each rotary embedding, [rotated / 2] float32
 * @param factors what cosines and sines of each are multiplied by, [] float32
 */
public record RotaryTensors(List<NDArray> frequencies, List<NDArray> factors) {

  /**
   * @param length tokens of the longest text that is computed together
   */
  public static RotaryTensors of(NDManager scope, Decoder decoder, int length) {
    List<NDArray> frequencies = new ArrayList<>();
    List<NDArray> factors = new ArrayList<>();
    for (RotaryEmbedding rotary : decoder.config().rotary()) {
      frequencies.add(scope.create(rotary.frequencies(length)));
      factors.add(scope.create((float) rotary.factor()));
    }
    return new RotaryTensors(frequencies, factors);
  }

  /** Cosines and sines [nodes, 1, rotated] of each rotary embedding at positions [nodes]. */
  List<NDList> at(NDManager scope, Decoder decoder, NDArray positions, NDArray like) {
    List<NDList> rotations = new ArrayList<>();
    for (int i = 0; i < frequencies.size(); i++) {
      rotations.add(
          decoder
              .kernels()
              .differentiable(scope, "rope", positions, frequencies.get(i), factors.get(i), like));
    }
    return rotations;
  }
}
