package io.affinage.bench.work;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.tensor.Kernels;
import io.affinage.llm.tensor.Precision;
import java.util.List;
import java.util.Map;

/** The fastest matrix product of this machine. */
final class GemmPeak {
  private static final int SQUARE = 2048;

  private GemmPeak() {}

  /** GFLOP/s of the best of ten square products. */
  static double measure(NDManager manager, Precision precision) {
    try (NDManager scope = manager.newSubManager();
        Kernels kernels = Kernels.compile(scope, Map.of(), List.of("probe"))) {
      NDArray matrix =
          kernels
              .run(scope, "cast", scope.ones(new Shape(SQUARE, SQUARE)), precision.torchCode())
              .singletonOrThrow();
      double best = Double.MAX_VALUE;
      for (int i = 0; i < 10; i++) {
        long start = System.nanoTime();
        kernels.run(scope, "square", matrix).singletonOrThrow().close();
        best = Math.min(best, System.nanoTime() - start);
      }
      return 2.0 * SQUARE * SQUARE * SQUARE / best;
    }
  }
}
