package io.affinage.llm.training.optimizer;

import ai.djl.ndarray.types.Shape;
import io.affinage.llm.error.Hyperparameters;
import java.util.List;
import java.util.Map;

/**
 * Stochastic gradient descent with momentum, as PyTorch computes it: weight decay is added to the
 * gradient.
 *
 * @param momentum decay rate of the accumulated gradient
 * @param nesterov whether to look ahead along the momentum
 */
public record Sgd(double momentum, boolean nesterov) implements OptimizerRule {
  public static final Sgd DEFAULT = new Sgd(0.9, false);

  public Sgd {
    Hyperparameters.require(momentum >= 0 && momentum < 1, "momentum", "in [0, 1)", momentum);
  }

  @Override
  public String id() {
    return "sgd";
  }

  @Override
  public Map<String, Object> hyperparameters() {
    return OptimizerRule.named("momentum", momentum, "nesterov", nesterov);
  }

  @Override
  public UpdateStep stepFor(Shape shape) {
    return new UpdateStep(
        "sgd",
        List.of(Slot.floats("momentum", shape)),
        List.of(),
        List.of(momentum, nesterov ? 1.0 : 0.0));
  }
}
