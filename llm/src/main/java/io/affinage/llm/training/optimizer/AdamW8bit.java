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

  private static final EightBitMoments MOMENTS =
      new EightBitMoments(
          "adamw8bit", 256, List.of(UpdateStep.Table.SIGNED_MAP, UpdateStep.Table.UNSIGNED_MAP));

  public AdamW8bit {
    // Refuses what the rule with float32 moments refuses.
    new AdamW(beta1, beta2, epsilon);
  }

  private AdamW exact() {
    return new AdamW(beta1, beta2, epsilon);
  }

  @Override
  public String id() {
    return "adamw_8bit";
  }

  @Override
  public Map<String, Object> hyperparameters() {
    return exact().hyperparameters();
  }

  @Override
  public UpdateStep stepFor(Shape shape) {
    return MOMENTS.stepFor(exact(), shape);
  }
}
