package io.affinage.llm.model;

import ai.djl.ndarray.NDArray;
import io.affinage.llm.model.config.BlockArrays;
import io.affinage.llm.model.config.BlockWeight;
import io.affinage.llm.model.config.LinearLayer;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * The weights of one decoder block.
 *
 * @param arrays in the order of {@link BlockArrays}; an empty array for what the model lacks
 * @param weights which of them there are, in the order of arrays
 * @param prefix what Hugging Face's names of this block begin with, such as {@code model.layers.0.}
 */
public record BlockWeights(List<NDArray> arrays, List<BlockWeight> weights, String prefix) {

  public BlockWeights {
    arrays = List.copyOf(arrays);
    weights = List.copyOf(weights);
    if (arrays.size() != BlockArrays.COUNT) {
      throw new IllegalArgumentException(
          "a block takes " + BlockArrays.COUNT + " arrays, not " + arrays.size());
    }
  }

  /** Visits the weights that there are, with their Hugging Face names. */
  public void forEach(BiConsumer<String, NDArray> visitor) {
    for (BlockWeight weight : weights) {
      visitor.accept(prefix + weight.path(), arrays.get(weight.index()));
    }
  }

  /** The weight [out, in] of a linear layer. */
  public NDArray weight(LinearLayer layer) {
    return arrays.get(BlockArrays.weight(layer.slot()));
  }

  /** Hugging Face's name of that weight. */
  public String weightName(LinearLayer layer) {
    return prefix + layer.path() + ".weight";
  }
}
