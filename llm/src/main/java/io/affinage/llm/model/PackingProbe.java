package io.affinage.llm.model;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.error.NativeFault;
import io.affinage.llm.tensor.Kernels;
import io.affinage.llm.tensor.Precision;
import java.util.List;
import java.util.Map;

/**
 * Finds whether a processor multiplies packed weights in a precision: oneDNN asks for AVX512 or
 * AVX-NE-CONVERT where that is bfloat16.
 */
public final class PackingProbe {
  private static final int SIZE = 32;

  private PackingProbe() {}

  /** Whether weights can be packed so; some milliseconds. */
  public static boolean packs(NDManager parent, Precision precision) {
    if (parent.getDevice().isGpu()) {
      return false;
    }
    try (NDManager scope = parent.newSubManager();
        Kernels kernels =
            Kernels.compile(
                scope, Map.of("precision", precision.torchCode()), List.of("packing"))) {
      kernels.run(scope, "pack", List.of(scope.ones(new Shape(SIZE, SIZE)))).singletonOrThrow();
      return true;
    } catch (EngineException e) {
      if (NativeFault.of(e).isPresent()) {
        throw e; // says nothing of the processor
      }
      return false;
    }
  }
}
