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
  private final Map<String, NDArray> arrays = new HashMap<>();
  private final Set<String> transposed = new HashSet<>();
  private final List<Weight> weights = new ArrayList<>();

  DecoderWeights(Decoder decoder) {
    this.decoder = decoder;
    for (BlockWeights block : decoder.blocks()) {
      block.weights().stream()
          .filter(BlockWeight::transposed)
          .forEach(weight -> transposed.add(block.prefix() + weight.path()));
    }
    decoder.forEachWeight(
        (name, array) -> {
          arrays.put(name, array);
          long[] shape = array.getShape().getShape();
          weights.add(
              new Weight(
                  name, transposed.contains(name) ? new long[] {shape[1], shape[0]} : shape));
        });
  }

  @Override
  public List<Weight> list() {
    return List.copyOf(weights);
  }

  @Override
  public void read(Weight weight, long firstRow, int rows, float[] destination) {
    // Kernels have [out, in] where such a file has [in, out].
    String kernel = transposed.contains(weight.name()) ? "columns_as_float32" : "rows_as_float32";
    try (NDManager scope = decoder.manager().newSubManager()) {
      float[] values =
          decoder
              .kernels()
              .run(scope, kernel, arrays.get(weight.name()), firstRow, rows)
              .singletonOrThrow()
              .toFloatArray();
      System.arraycopy(values, 0, destination, 0, values.length);
    }
  }
}
