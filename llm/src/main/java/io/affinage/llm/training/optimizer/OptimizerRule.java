package io.affinage.llm.training.optimizer;

import ai.djl.ndarray.types.Shape;
import io.affinage.llm.error.LlmException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A first-order method with its hyperparameters; learning rate and weight decay come from outside,
 * step by step. Arithmetic and state are float32 unless a rule says otherwise.
 */
public sealed interface OptimizerRule
    permits AdamW, AdamW8bit, AdamWCompanded, Adafactor, Lion, Sgd {

  /** The name users write, for example {@code adamw}. */
  String id();

  /** Hyperparameters by name, as they are shown to users. */
  Map<String, Object> hyperparameters();

  /** How an array of this shape is updated. */
  UpdateStep stepFor(Shape shape);

  /** Bytes kept beside an array of this shape. */
  default long stateBytes(Shape shape) {
    return stepFor(shape).slots().stream().mapToLong(Slot::sizeInBytes).sum();
  }

  /** Every rule with its default hyperparameters, by name. */
  static Map<String, OptimizerRule> defaults() {
    Map<String, OptimizerRule> rules = new LinkedHashMap<>();
    for (OptimizerRule rule :
        List.of(
            AdamW.DEFAULT,
            AdamW8bit.DEFAULT,
            AdamWCompanded.DEFAULT,
            Adafactor.DEFAULT,
            Lion.DEFAULT,
            Sgd.DEFAULT)) {
      rules.put(rule.id(), rule);
    }
    return rules;
  }

  /**
   * The rule of this name with its default hyperparameters.
   *
   * @throws LlmException {@code invalid_optimizer}
   */
  static OptimizerRule of(String id) {
    OptimizerRule rule = defaults().get(id);
    if (rule == null) {
      throw new LlmException(
          "invalid_optimizer",
          "optimizer '" + id + "' does not exist; there are " + String.join(", ", names()));
    }
    return rule;
  }

  /** Names of all rules. */
  static List<String> names() {
    return List.copyOf(defaults().keySet());
  }

  /** A hyperparameter's map, in order. */
  static Map<String, Object> named(Object... namesAndValues) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      map.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    return map;
  }
}
