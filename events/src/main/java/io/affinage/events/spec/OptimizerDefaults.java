package io.affinage.events.spec;

import io.affinage.events.TrainingSpec.Optimizer;
import io.affinage.events.adapter.AdapterSpec;
import io.affinage.events.adapter.DoraSpec;
import io.affinage.events.adapter.LoraSpec;
import io.affinage.events.adapter.NoAdapter;
import java.util.Map;

/** The optimizer of a specification with every hyperparameter that its type has. */
final class OptimizerDefaults {
  private static final String TYPE = "adamw";
  private static final Map<String, Object> ADAM =
      Map.of("beta1", 0.9, "beta2", 0.999, "epsilon", 1e-8);

  /** Hyperparameters that a user may choose, by type. */
  private static final Map<String, Map<String, Object>> HYPERPARAMETERS =
      Map.of(
          TYPE,
          ADAM,
          "adamw_8bit",
          ADAM,
          "adamw_companded",
          ADAM,
          "adafactor",
          Map.of(),
          "lion",
          Map.of("beta1", 0.9, "beta2", 0.99),
          "sgd",
          Map.of("momentum", 0.9, "nesterov", false));

  private OptimizerDefaults() {}

  /**
   * @param adapter of which only those with a B beside an A have LoRA+
   */
  static Optimizer resolve(Optimizer given, AdapterSpec adapter, Problems problems) {
    boolean lora = adapter instanceof LoraSpec || adapter instanceof DoraSpec;
    boolean adapted = !(adapter instanceof NoAdapter);
    Optimizer from =
        given == null ? new Optimizer(null, null, null, null, null, null, null, null, null) : given;
    String type = from.type() == null ? TYPE : from.type();
    Map<String, Object> defaults = HYPERPARAMETERS.get(type);
    if (!lora) {
      problems.absent(
          "optimizer.loraPlusRatio",
          from.loraPlusRatio(),
          "has no meaning without the matrices A and B of LoRA");
    }
    if (adapted && from.embeddingRateFactor() != null && from.embeddingRateFactor() != 1) {
      problems.add(
          "optimizer.embeddingRateFactor",
          "has no meaning for an adapter, beside which embedding and head stay as they are");
    }
    return new Optimizer(
        type,
        rate(problems, type, "beta1", from.beta1(), defaults),
        rate(problems, type, "beta2", from.beta2(), defaults),
        epsilon(problems, type, from.epsilon(), defaults),
        rate(problems, type, "momentum", from.momentum(), defaults),
        nesterov(problems, type, from.nesterov(), defaults),
        lora ? or(from.loraPlusRatio(), 1.0) : null,
        adapted ? null : or(from.embeddingRateFactor(), 1.0),
        from.paged() != null && from.paged());
  }

  private static Double rate(
      Problems problems, String type, String name, Double given, Map<String, Object> defaults) {
    if (!has(problems, type, name, given, defaults)) {
      return null;
    }
    return or(given, (Double) defaults.get(name));
  }

  private static Double epsilon(
      Problems problems, String type, Double given, Map<String, Object> defaults) {
    if (!has(problems, type, "epsilon", given, defaults)) {
      return null;
    }
    return or(given, (Double) defaults.get("epsilon"));
  }

  private static Boolean nesterov(
      Problems problems, String type, Boolean given, Map<String, Object> defaults) {
    if (!has(problems, type, "nesterov", given, defaults)) {
      return null;
    }
    return given == null ? (Boolean) defaults.get("nesterov") : given;
  }

  private static Double or(Double given, Double otherwise) {
    return given == null ? otherwise : given;
  }

  private static boolean has(
      Problems problems, String type, String name, Object given, Map<String, Object> defaults) {
    if (defaults.containsKey(name)) {
      return true;
    }
    problems.absent("optimizer." + name, given, "is not a setting of '" + type + "'");
    return false;
  }
}
