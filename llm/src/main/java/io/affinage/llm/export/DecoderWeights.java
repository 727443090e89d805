package io.affinage.llm.export;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.affinage.llm.model.Decoder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The weights of a live decoder: those of a model that was trained as a whole. */
final class DecoderWeights implements Weights {
  private final Decoder decoder;
  private final Map<String, NDArray> arrays = new HashMap<>();
  private final List<Weight> weights = new ArrayList<>();

  DecoderWeights(Decoder decoder) {
    this.decoder = decoder;
    decoder.forEachWeight(
        (name, array) -> {
          arrays.put(name, array);
          weights.add(new Weight(name, array.getShape().getShape()));
        });
  }

  @Override
  public List<Weight> list() {
    return List.copyOf(weights);
  }

  @Override
  public void read(Weight weight, long firstRow, int rows, float[] destination) {
    try (NDManager scope = decoder.manager().newSubManager()) {
      float[] values =
          decoder
              .kernels()
              .run(scope, "rows_as_float32", arrays.get(weight.name()), firstRow, rows)
              .singletonOrThrow()
              .toFloatArray();
      System.arraycopy(values, 0, destination, 0, values.length);
    }
  }
}
