package io.affinage.llm.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.adapter.LoraAdapter.Matrix;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.HuggingFaceFolder.WeightTransform;
import io.affinage.llm.model.config.LinearLayer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Adds an adapter into the weights that it stands beside: W + s B A, in float32. */
public final class LoraMerge implements WeightTransform {
  private final Decoder decoder;
  private final double scaling;
  private final Map<String, List<NDArray>> matrices = new HashMap<>();

  public LoraMerge(Decoder decoder, LoraAdapter adapter) {
    this.decoder = decoder;
    this.scaling = adapter.config().scaling();
    for (int block = 0; block < decoder.shape().layers(); block++) {
      for (LinearLayer layer : adapter.targets()) {
        matrices.put(
            decoder.blocks().get(block).weightName(layer),
            List.of(
                adapter.matrix(block, layer, Matrix.A), adapter.matrix(block, layer, Matrix.B)));
      }
    }
  }

  @Override
  public float[] apply(String name, float[] values) {
    List<NDArray> pair = matrices.get(name);
    if (pair == null) {
      return values;
    }
    try (NDManager scope = decoder.manager().newSubManager()) {
      NDArray a = pair.get(0);
      NDArray b = pair.get(1);
      NDArray weight = scope.create(values, new Shape(b.getShape().get(0), a.getShape().get(1)));
      return decoder
          .kernels()
          .run(scope, "merged", weight, a, b, scaling)
          .singletonOrThrow()
          .toFloatArray();
    }
  }
}
