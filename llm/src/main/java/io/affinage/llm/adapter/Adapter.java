package io.affinage.llm.adapter;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.model.config.LinearLayer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What is trained beside the frozen weights of a decoder, whatever the method. Its arrays are
 * float32, whatever the decoder computes in. Holds native memory until closed.
 */
public interface Adapter extends BlockAdapter, AutoCloseable {

  /** The method, as recipes and {@link AdapterTypes} name it: {@code lora}, {@code ia3}. */
  String type();

  /**
   * The arrays of a layer as training takes them: among them, in the order in which they stand,
   * those of {@link #parameters}. What is derived from these is left empty, so that kernels derive
   * it anew.
   */
  default List<NDArray> trainingBlock(int layer) {
    return block(layer);
  }

  /** The trained arrays, layer by layer and in each in the order of its arrays. */
  List<AdapterParameter> parameters();

  /**
   * What its file holds, by PEFT's keys: the trained arrays as they are, where it says no other.
   */
  default List<StoredArray> stored() {
    return parameters().stream()
        .map(
            parameter ->
                new StoredArray(
                    parameter.key(),
                    parameter.array().toFloatArray(),
                    parameter.array().getShape().getShape()))
        .toList();
  }

  /**
   * The rank of what was taken out of the base's weights for this adapter, which its file puts
   * back: that stands beside the base's own weights, and not beside those of this decoder. Empty
   * where they are the same.
   */
  default OptionalInt takenRank() {
    return OptionalInt.empty();
  }

  /** Called when trained values have changed, before {@link #block} is read again. */
  default void valuesChanged() {}

  /**
   * PEFT's {@code adapter_config.json}.
   *
   * @param baseModel what a reader loads the base by
   */
  ObjectNode peftConfig(String baseModel);

  /**
   * Whether nothing was learned: the adapter changes nothing at all.
   *
   * @return a sentence that says so; empty where something was learned, and where no values are
   *     known to change nothing, as those of virtual tokens are not
   */
  default Optional<String> nothingLearned() {
    return Optional.empty();
  }

  /**
   * What the adapter makes of a linear layer's weight, where it can be said by a weight.
   *
   * @return empty for a layer that it leaves as it is, and where no weight can say it
   */
  default Optional<WeightUpdate> weightUpdate(int layer, LinearLayer linear) {
    if (beyondWeights().isEmpty()) {
      throw new IllegalStateException(
          type() + " neither says what it makes of a weight nor that no weight can hold it");
    }
    return Optional.empty();
  }

  /**
   * Whether {@link #weightUpdate} says all that the adapter does.
   *
   * @return what it does that no weight can hold, the end of a sentence; empty where it can be
   *     merged
   */
  default Optional<String> beyondWeights() {
    return Optional.empty();
  }

  @Override
  void close();
}
