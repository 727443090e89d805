package io.affinage.llm.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Map;

/** Finds how fast a machine multiplies matrices; about a second. */
public final class ProductProbe {
  private static final int SIZE = 1024;
  private static final int REPEATS = 8;

  private ProductProbe() {}

  /** FLOP/s of the best of some products of square matrices; an addition counts too. */
  public static double flops(NDManager parent, Precision precision) {
    try (NDManager scope = parent.newSubManager();
        Kernels kernels = Kernels.compile(scope, Map.of(), List.of("probe"))) {
      NDArray matrix =
          kernels
              .run(scope, "cast", scope.ones(new Shape(SIZE, SIZE)), precision.torchCode())
              .singletonOrThrow();
      long best = Long.MAX_VALUE;
      for (int i = 0; i < REPEATS; i++) {
        long start = System.nanoTime();
        kernels.run(scope, "square", matrix).singletonOrThrow().getFloat(0);
        best = Math.min(best, System.nanoTime() - start);
      }
      return 2.0 * SIZE * SIZE * SIZE / best * 1e9;
    }
  }
}
