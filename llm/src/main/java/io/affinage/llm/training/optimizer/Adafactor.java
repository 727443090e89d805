package io.affinage.llm.training.optimizer;

import ai.djl.ndarray.types.Shape;
import io.affinage.llm.error.Hyperparameters;
import java.util.List;
import java.util.Map;

/**
 * Adafactor (Shazeer and Stern 2018) with a learning rate from outside, as transformers computes it
 * with {@code relative_step=False} and no first moment. A matrix [out, in] keeps out + in numbers.
 *
 * @param decayRate exponent of the step in the running mean's weight, below 0
 * @param epsilon added to squared gradients
 * @param scaleParameter whether the learning rate is multiplied by the array's root mean square
 * @param minimumScale the least of these factors
 * @param clipThreshold root mean square above which an update is scaled down
 */
public record Adafactor(
    double decayRate,
    double epsilon,
    boolean scaleParameter,
    double minimumScale,
    double clipThreshold)
    implements OptimizerRule {
  public static final Adafactor DEFAULT = new Adafactor(-0.8, 1e-30, false, 1e-3, 1.0);

  public Adafactor {
    Hyperparameters.require(decayRate < 0, "decayRate", "below 0", decayRate);
    Hyperparameters.require(epsilon > 0, "epsilon", "above 0", epsilon);
    Hyperparameters.require(minimumScale > 0, "minimumScale", "above 0", minimumScale);
    Hyperparameters.require(clipThreshold > 0, "clipThreshold", "above 0", clipThreshold);
  }

  @Override
  public String id() {
    return "adafactor";
  }

  @Override
  public Map<String, Object> hyperparameters() {
    return OptimizerRule.named(
        "decayRate",
        decayRate,
        "epsilon",
        epsilon,
        "scaleParameter",
        scaleParameter,
        "minimumScale",
        minimumScale,
        "clipThreshold",
        clipThreshold);
  }

  @Override
  public UpdateStep stepFor(Shape shape) {
    boolean matrix = shape.dimension() > 1;
    return new UpdateStep(
        matrix ? "adafactor" : "adafactor_vector",
        matrix
            ? List.of(
                Slot.floats("row", new Shape(shape.get(0))),
                Slot.floats("column", new Shape(shape.get(1))))
            : List.of(Slot.floats("second", shape)),
        List.of(),
        List.of(decayRate, epsilon, minimumScale, clipThreshold, scaleParameter ? 1.0 : 0.0));
  }
}
