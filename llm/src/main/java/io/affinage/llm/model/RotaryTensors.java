package io.affinage.llm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.RotaryEmbedding;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The rotary embeddings of a decoder for some texts.
 *
 * @param frequencies of each rotary embedding, float32: [rotated / 2], or [tokens, rotated / 2]
 *     where the texts' lengths give them different ones
 * @param factors what cosines and sines of each are multiplied by, [] float32
 */
public record RotaryTensors(List<NDArray> frequencies, List<NDArray> factors) {

  /**
   * @param lengths by token, the tokens of its text; at least one
   */
  public static RotaryTensors of(NDManager scope, Decoder decoder, int[] lengths) {
    DecoderConfig config = decoder.config();
    int first = config.lengthClass(lengths[0]);
    boolean alike = Arrays.stream(lengths).map(config::lengthClass).allMatch(each -> each == first);
    List<NDArray> frequencies = new ArrayList<>();
    List<NDArray> factors = new ArrayList<>();
    for (RotaryEmbedding rotary : config.rotary()) {
      frequencies.add(
          alike
              ? scope.create(rotary.frequencies(lengths[0]))
              : scope.create(
                  byToken(config, rotary, lengths),
                  new Shape(lengths.length, rotary.dimensions() / 2)));
      factors.add(scope.create((float) rotary.factor()));
    }
    return new RotaryTensors(frequencies, factors);
  }

  private static float[] byToken(DecoderConfig config, RotaryEmbedding rotary, int[] lengths) {
    Map<Integer, float[]> known = new HashMap<>();
    int width = rotary.dimensions() / 2;
    float[] result = new float[Math.multiplyExact(lengths.length, width)];
    for (int i = 0; i < lengths.length; i++) {
      int length = lengths[i];
      float[] frequencies =
          known.computeIfAbsent(config.lengthClass(length), each -> rotary.frequencies(length));
      System.arraycopy(frequencies, 0, result, i * width, width);
    }
    return result;
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
