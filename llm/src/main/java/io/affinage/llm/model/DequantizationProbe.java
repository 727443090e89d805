package io.affinage.llm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.quantization.DynamicMap;
import io.affinage.llm.tensor.Kernels;
import io.affinage.llm.tensor.Precision;
import java.util.List;
import java.util.Map;

/** Finds how fast a machine brings weights from NF4 to numbers; some tenths of a second. */
public final class DequantizationProbe {
  private static final Shape MATRIX = new Shape(2048, 2048);
  private static final int REPEATS = 5;

  private DequantizationProbe() {}

  /** Weights a second, with double quantization, of the best of some matrices. */
  public static double weights(NDManager parent, Precision precision) {
    try (NDManager scope = parent.newSubManager();
        Kernels kernels = Kernels.compile(scope, Map.of(), List.of("probe", "nf4"))) {
      Nf4Weight packed =
          new Nf4Weight(
              MATRIX,
              scope.zeros(new Shape(MATRIX.size() / 2), DataType.UINT8),
              scope.zeros(new Shape(MATRIX.size() / 64), DataType.UINT8),
              scope.ones(new Shape(MATRIX.size() / (64 * 256))),
              scope.zeros(new Shape(1)));
      NDArray map = scope.create(DynamicMap.values(true));
      NDArray pairs = scope.create(Nf4Blocks.pairs());
      NDArray target =
          kernels.run(scope, "cast", scope.zeros(MATRIX), precision.torchCode()).singletonOrThrow();
      long best = Long.MAX_VALUE;
      for (int i = 0; i < REPEATS; i++) {
        long start = System.nanoTime();
        kernels.run(
            scope,
            "nf4_decode",
            target,
            packed.packed(),
            packed.scales(),
            packed.magnitudes(),
            packed.mean(),
            map,
            pairs);
        best = Math.min(best, System.nanoTime() - start);
      }
      return MATRIX.size() / (best / 1e9);
    }
  }
}
