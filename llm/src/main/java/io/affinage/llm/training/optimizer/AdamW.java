package io.affinage.llm.training.optimizer;

import ai.djl.ndarray.types.Shape;
import io.affinage.llm.error.Hyperparameters;
import java.util.List;
import java.util.Map;

/**
 * AdamW (Loshchilov and Hutter 2019), as PyTorch computes it.
 *
 * @param beta1 decay rate of the mean gradient
 * @param beta2 decay rate of the mean squared gradient
 * @param epsilon added to the divisor
 */
public record AdamW(double beta1, double beta2, double epsilon) implements OptimizerRule {
  public static final AdamW DEFAULT = new AdamW(0.9, 0.999, 1e-8);

  public AdamW {
    Hyperparameters.requireBeta("beta1", beta1);
    Hyperparameters.requireBeta("beta2", beta2);
    Hyperparameters.require(epsilon > 0, "epsilon", "above 0", epsilon);
  }

  @Override
  public String id() {
    return "adamw";
  }

  @Override
  public Map<String, Object> hyperparameters() {
    return OptimizerRule.named("beta1", beta1, "beta2", beta2, "epsilon", epsilon);
  }

  @Override
  public UpdateStep stepFor(Shape shape) {
    return new UpdateStep(
        "adamw",
        List.of(Slot.floats("first", shape), Slot.floats("second", shape)),
        List.of(),
        List.of(beta1, beta2, epsilon));
  }
}
