package io.affinage.llm.export;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.adapter.WeightUpdate;
import io.affinage.llm.adapter.WeightUpdate.LowRank;
import io.affinage.llm.error.LlmException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Weights with an adapter merged into them, in float32, some rows at a time. */
final class MergedWeights implements Weights {
  private final Weights base;
  private final Map<String, LayerUpdate> weights = new HashMap<>();
  private final Map<String, float[]> biases = new HashMap<>();

  /**
   * @throws LlmException {@code adapter_invalid} for an update of a weight that the base lacks
   */
  MergedWeights(Weights base, List<LayerUpdate> updates) {
    this.base = base;
    Set<String> names = base.list().stream().map(Weight::name).collect(Collectors.toSet());
    for (LayerUpdate update : updates) {
      require(names, update.weight());
      weights.put(update.weight(), update);
      if (update.update().bias().length > 0) {
        require(names, update.bias());
        biases.put(update.bias(), update.update().bias());
      }
    }
  }

  private static void require(Set<String> names, String name) {
    if (!names.contains(name)) {
      throw new LlmException(
          "adapter_invalid",
          "the adapter changes %s, which the base model does not have".formatted(name));
    }
  }

  @Override
  public List<Weight> list() {
    return base.list();
  }

  @Override
  public void read(Weight weight, long firstRow, int rows, float[] destination) {
    base.read(weight, firstRow, rows, destination);
    LayerUpdate layer = weights.get(weight.name());
    if (layer != null) {
      add(layer, firstRow, rows, destination);
      WeightUpdate update = layer.update();
      scaleRows(
          layer.transposed() ? update.input() : update.output(),
          firstRow,
          rows,
          weight.rowElements(),
          destination);
      scaleColumns(layer.transposed() ? update.output() : update.input(), rows, destination);
    }
    float[] factors = biases.get(weight.name());
    if (factors != null) {
      for (int i = 0; i < rows; i++) {
        destination[i] *= factors[(int) firstRow + i];
      }
    }
  }

  /** Adds the rows of s B A that are asked for, as a product [rows, r] x [r, columns]. */
  private static void add(LayerUpdate layer, long firstRow, int rows, float[] destination) {
    LowRank product = layer.update().product();
    if (product.rank() == 0) {
      return;
    }
    try (NDManager scope = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      NDArray a = scope.create(product.a(), new Shape(product.rank(), layer.in()));
      NDArray b = scope.create(product.b(), new Shape(layer.out(), product.rank()));
      NDArray left = layer.transposed() ? a.transpose() : b;
      NDArray right = layer.transposed() ? b.transpose() : a;
      float[] added =
          left.get("%d:%d".formatted(firstRow, firstRow + rows))
              .matMul(right)
              .mul(product.scaling())
              .toFloatArray();
      for (int i = 0; i < added.length; i++) {
        destination[i] += added[i];
      }
    }
  }

  private static void scaleRows(
      float[] factors, long firstRow, int rows, int columns, float[] values) {
    if (factors.length == 0) {
      return;
    }
    for (int row = 0; row < rows; row++) {
      float factor = factors[(int) firstRow + row];
      for (int column = 0; column < columns; column++) {
        values[row * columns + column] *= factor;
      }
    }
  }

  private static void scaleColumns(float[] factors, int rows, float[] values) {
    for (int row = 0; row < (factors.length == 0 ? 0 : rows); row++) {
      for (int column = 0; column < factors.length; column++) {
        values[row * factors.length + column] *= factors[column];
      }
    }
  }
}
