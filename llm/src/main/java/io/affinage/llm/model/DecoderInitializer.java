package io.affinage.llm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.tensor.Precision;
import java.util.Random;

/**
 * Decoders from scratch: linear layers and embedding normal with standard deviation 0.02, what
 * writes into the residual stream divided by sqrt(2 layers) (GPT-2), norms one.
 */
public final class DecoderInitializer {
  private static final double DEVIATION = 0.02;

  private DecoderInitializer() {}

  /**
   * A new float32 decoder.
   *
   * @param seed the same seed gives the same bits
   */
  public static Decoder create(NDManager parent, DecoderShape shape, long seed) {
    Random random = new Random(seed);
    return Decoder.create(
        parent,
        shape,
        Precision.FLOAT32,
        (manager, kernels) ->
            (name, expected) -> {
              double residual =
                  name.endsWith("o_proj.weight") || name.endsWith("down_proj.weight")
                      ? 1 / Math.sqrt(2.0 * shape.layers())
                      : 1;
              float[] values = values(random, expected, DEVIATION * residual);
              try (NDManager scope = manager.newSubManager()) {
                NDArray borrowed = scope.create(values, expected);
                return kernels.differentiable(manager, "to_precision", borrowed).singletonOrThrow();
              }
            });
  }

  private static float[] values(Random random, Shape shape, double deviation) {
    float[] values = new float[Math.toIntExact(shape.size())];
    boolean norm = shape.dimension() == 1;
    for (int i = 0; i < values.length; i++) {
      values[i] = norm ? 1f : (float) (random.nextGaussian() * deviation);
    }
    return values;
  }
}
