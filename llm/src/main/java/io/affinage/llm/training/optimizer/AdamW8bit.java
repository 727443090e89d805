package io.affinage.llm.training.optimizer;

import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Map;

/**
 * AdamW whose moments are kept in 8 bits: blocks of 256 values, each divided by the largest
 * magnitude of its block and coded by a map of 256 values (Dettmers et al. 2022), as bitsandbytes
 * does: 2 bytes an element instead of 8. Arrays of fewer than 4,096 elements keep float32 state.
 *
 * @param beta1 decay rate of the mean gradient
 * @param beta2 decay rate of the mean squared gradient
 * @param epsilon added to the divisor
 */
public record AdamW8bit(double beta1, double beta2, double epsilon) implements OptimizerRule {
  public static final AdamW8bit DEFAULT = new AdamW8bit(0.9, 0.999, 1e-8);

  private static final int BLOCK = 256;
  private static final int SMALL = 4096;

  public AdamW8bit {
    Hyperparameters.requireBeta("beta1", beta1);
    Hyperparameters.requireBeta("beta2", beta2);
    Hyperparameters.require(epsilon > 0, "epsilon", "above 0", epsilon);
  }

  @Override
  public String id() {
    return "adamw_8bit";
  }

  @Override
  public Map<String, Object> hyperparameters() {
    return OptimizerRule.named("beta1", beta1, "beta2", beta2, "epsilon", epsilon);
  }

  @Override
  public UpdateStep stepFor(Shape shape) {
    if (shape.size() < SMALL) {
      return new AdamW(beta1, beta2, epsilon).stepFor(shape);
    }
    long blocks = (shape.size() + BLOCK - 1) / BLOCK;
    Shape codes = new Shape(blocks, BLOCK);
    Shape scale = new Shape(blocks);
    return new UpdateStep(
        "adamw8bit",
        List.of(
            Slot.bytes("first", codes),
            Slot.floats("first_scale", scale),
            Slot.bytes("second", codes),
            Slot.floats("second_scale", scale)),
        List.of(UpdateStep.Table.SIGNED_MAP, UpdateStep.Table.UNSIGNED_MAP),
        List.of(beta1, beta2, epsilon));
  }
}
