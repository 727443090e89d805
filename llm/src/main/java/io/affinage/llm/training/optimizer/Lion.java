package io.affinage.llm.training.optimizer;

import ai.djl.ndarray.types.Shape;
import io.affinage.llm.error.Hyperparameters;
import java.util.List;
import java.util.Map;

/**
 * Lion (Chen et al. 2023): steps of one size along the sign of an interpolated momentum. It wants a
 * learning rate three to ten times smaller than AdamW's.
 *
 * @param beta1 weight of the momentum in the direction
 * @param beta2 decay rate of the momentum
 */
public record Lion(double beta1, double beta2) implements OptimizerRule {
  public static final Lion DEFAULT = new Lion(0.9, 0.99);

  public Lion {
    Hyperparameters.requireBeta("beta1", beta1);
    Hyperparameters.requireBeta("beta2", beta2);
  }

  @Override
  public String id() {
    return "lion";
  }

  @Override
  public Map<String, Object> hyperparameters() {
    return OptimizerRule.named("beta1", beta1, "beta2", beta2);
  }

  @Override
  public UpdateStep stepFor(Shape shape) {
    return new UpdateStep(
        "lion", List.of(Slot.floats("momentum", shape)), List.of(), List.of(beta1, beta2));
  }
}
