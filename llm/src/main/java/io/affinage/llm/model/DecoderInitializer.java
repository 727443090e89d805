package io.affinage.llm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.LinearSlot;
import io.affinage.llm.model.config.Normalization.Kind;
import io.affinage.llm.tensor.Precision;
import java.util.Arrays;
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
  public static Decoder create(NDManager parent, DecoderConfig config, long seed) {
    Random random = new Random(seed);
    return Decoder.create(
        parent,
        config,
        Precision.FLOAT32,
        (manager, kernels) ->
            (name, expected, transposed) -> {
              double residual =
                  writesResidual(config, name) ? 1 / Math.sqrt(2.0 * config.shape().layers()) : 1;
              float[] values =
                  expected.dimension() == 1
                      ? vector(config, name, expected)
                      : matrix(random, expected, DEVIATION * residual);
              try (NDManager scope = manager.newSubManager()) {
                NDArray borrowed = scope.create(values, expected);
                return kernels.differentiable(manager, "to_precision", borrowed).singletonOrThrow();
              }
            });
  }

  private static boolean writesResidual(DecoderConfig config, String name) {
    return config.linears().stream()
        .filter(layer -> layer.slot() == LinearSlot.O || layer.slot() == LinearSlot.DOWN)
        .anyMatch(layer -> name.endsWith("." + layer.path() + ".weight"));
  }

  private static float[] matrix(Random random, Shape shape, double deviation) {
    float[] values = new float[Math.toIntExact(shape.size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * deviation);
    }
    return values;
  }

  /** A bias, which begins at zero, or the weight of a norm, which begins as one. */
  private static float[] vector(DecoderConfig config, String name, Shape shape) {
    float[] values = new float[Math.toIntExact(shape.size())];
    boolean zero = name.endsWith(".bias") || config.normalization().kind() == Kind.RMS_ONE_PLUS;
    Arrays.fill(values, zero ? 0f : 1f);
    return values;
  }
}
