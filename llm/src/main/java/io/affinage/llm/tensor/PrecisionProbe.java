package io.affinage.llm.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Map;

/**
 * Finds whether bfloat16 pays on a machine: processors without bfloat16 instructions emulate it,
 * some hundred times slower than float32.
 */
public final class PrecisionProbe {
  private static final int SIZE = 256;
  private static final int REPEATS = 5;

  private PrecisionProbe() {}

  /** The faster of float32 and bfloat16 in a matrix product; some milliseconds. */
  public static Precision fastest(NDManager parent) {
    try (NDManager scope = parent.newSubManager();
        Kernels kernels = Kernels.compile(scope, Map.of(), List.of("probe"))) {
      NDArray wide = scope.ones(new Shape(SIZE, SIZE));
      NDArray narrow =
          kernels.run(scope, "cast", wide, Precision.BFLOAT16.torchCode()).singletonOrThrow();
      return best(kernels, scope, narrow) < best(kernels, scope, wide)
          ? Precision.BFLOAT16
          : Precision.FLOAT32;
    }
  }

  private static long best(Kernels kernels, NDManager scope, NDArray matrix) {
    long best = Long.MAX_VALUE;
    for (int i = 0; i < REPEATS; i++) {
      long start = System.nanoTime();
      kernels.run(scope, "square", matrix).singletonOrThrow().getFloat(0);
      best = Math.min(best, System.nanoTime() - start);
    }
    return best;
  }
}
