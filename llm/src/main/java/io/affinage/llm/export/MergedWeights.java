package io.affinage.llm.export;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.error.LlmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Weights with an adapter added into them: W + s B A, in float32, some rows at a time. */
final class MergedWeights implements Weights {
  private final Weights base;
  private final Map<String, LowRankUpdate> updates = new HashMap<>();

  /**
   * @throws LlmException {@code adapter_invalid} for an update of a weight that the base lacks
   */
  MergedWeights(Weights base, List<LowRankUpdate> updates) {
    this.base = base;
    List<String> names = new ArrayList<>(base.list().stream().map(Weight::name).toList());
    for (LowRankUpdate update : updates) {
      if (!names.contains(update.weight())) {
        throw new LlmException(
            "adapter_invalid",
            "the adapter changes %s, which the base model does not have"
                .formatted(update.weight()));
      }
      this.updates.put(update.weight(), update);
    }
  }

  @Override
  public List<Weight> list() {
    return base.list();
  }

  @Override
  public void read(Weight weight, long firstRow, int rows, float[] destination) {
    base.read(weight, firstRow, rows, destination);
    LowRankUpdate update = updates.get(weight.name());
    if (update == null) {
      return;
    }
    try (NDManager scope = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      NDArray a = scope.create(update.a(), new Shape(update.rank(), update.in()));
      NDArray b = scope.create(update.b(), new Shape(update.out(), update.rank()));
      // The rows of W that are asked for, as a product [rows, r] x [r, columns].
      NDArray left = update.transposed() ? a.transpose() : b;
      NDArray right = update.transposed() ? b.transpose() : a;
      float[] added =
          left.get("%d:%d".formatted(firstRow, firstRow + rows))
              .matMul(right)
              .mul(update.scaling())
              .toFloatArray();
      for (int i = 0; i < added.length; i++) {
        destination[i] += added[i];
      }
    }
  }
}
