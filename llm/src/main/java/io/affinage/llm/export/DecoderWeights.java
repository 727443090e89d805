package io.affinage.llm.export;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.affinage.llm.model.BlockWeights;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.config.BlockWeight;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The weights of a live decoder: those of a model that was trained as a whole. */
final class DecoderWeights implements Weights {
  private final Decoder decoder;
  private final Map<String, Place> places = new HashMap<>();
  private final Map<String, NDArray> others = new HashMap<>();
  private final Set<String> transposed = new HashSet<>();
  private final List<Weight> weights = new ArrayList<>();

  /**
   * Where a weight of a block is.
   *
   * @param index among the block's arrays
   */
  private record Place(int layer, int index) {}

  DecoderWeights(Decoder decoder) {
    this.decoder = decoder;
    decoder.forEachBlock(this::include);
    decoder.forEachWeight(
        (name, array) -> {
          if (!places.containsKey(name)) {
            others.put(name, array);
          }
          long[] shape = array.getShape().getShape();
          weights.add(
              new Weight(
                  name, transposed.contains(name) ? new long[] {shape[1], shape[0]} : shape));
        });
  }

  private void include(int layer, BlockWeights block) {
    for (BlockWeight weight : block.weights()) {
      String name = block.prefix() + weight.path();
      places.put(name, new Place(layer, weight.index()));
      if (weight.transposed()) {
        transposed.add(name);
      }
    }
  }

  @Override
  public List<Weight> list() {
    return List.copyOf(weights);
  }

  @Override
  public void read(Weight weight, long firstRow, int rows, float[] destination) {
    Place place = places.get(weight.name());
    if (place == null) {
      read(weight, others.get(weight.name()), firstRow, rows, destination);
      return;
    }
    BlockWeights block = decoder.blocks().acquire(place.layer());
    try {
      read(weight, block.arrays().get(place.index()), firstRow, rows, destination);
    } finally {
      decoder.blocks().release(place.layer());
    }
  }

  private void read(Weight weight, NDArray array, long firstRow, int rows, float[] destination) {
    // Kernels have [out, in] where such a file has [in, out].
    String kernel = transposed.contains(weight.name()) ? "columns_as_float32" : "rows_as_float32";
    try (NDManager scope = decoder.manager().newSubManager()) {
      float[] values =
          decoder
              .kernels()
              .run(scope, kernel, array, firstRow, rows)
              .singletonOrThrow()
              .toFloatArray();
      System.arraycopy(values, 0, destination, 0, values.length);
    }
  }
}
