package io.affinage.cli.recipe;

import io.affinage.events.TrainingSpec;
import java.util.List;

/** The groups of settings within {@code train}. */
final class TrainingGroups {
  private TrainingGroups() {}

  static TrainingSpec.Weights weights(Section weights) {
    if (weights == null) {
      return null;
    }
    TrainingSpec.Weights result =
        new TrainingSpec.Weights(
            weights.word("scope", List.of("all", "last_layers", "head", "embeddings")),
            weights.count("last_layers", 1),
            weights.texts("train"),
            weights.texts("freeze"));
    weights.close();
    return result;
  }

  static TrainingSpec.Optimizer optimizer(Section optimizer) {
    if (optimizer == null) {
      return null;
    }
    TrainingSpec.Optimizer result =
        new TrainingSpec.Optimizer(
            optimizer.word(
                "type",
                List.of("adamw", "adamw_8bit", "adamw_companded", "adafactor", "lion", "sgd")),
            optimizer.number("beta1", 0, 0.999999),
            optimizer.number("beta2", 0, 0.999999),
            optimizer.number("epsilon", 1e-16, 1),
            optimizer.number("momentum", 0, 0.999999),
            optimizer.flag("nesterov"),
            optimizer.number("lora_plus_ratio", 1e-3, 1000),
            optimizer.number("embedding_rate_factor", 1e-3, 1000),
            optimizer.flag("paged"));
    optimizer.close();
    return result;
  }

  static TrainingSpec.Regularisation regularisation(Section regularisation) {
    if (regularisation == null) {
      return null;
    }
    TrainingSpec.Regularisation result =
        new TrainingSpec.Regularisation(
            regularisation.number("neftune_alpha", 0, Section.UNBOUNDED),
            regularisation.number("label_smoothing", 0, 0.99),
            regularisation.number("ema_decay", 0, 0.999999));
    regularisation.close();
    return result;
  }

  static TrainingSpec.Evaluation evaluation(Section evaluation) {
    if (evaluation == null) {
      return null;
    }
    TrainingSpec.Evaluation result =
        new TrainingSpec.Evaluation(
            evaluation.count("every_steps", 0),
            evaluation.count("patience", 0),
            evaluation.number("min_improvement", 0, Section.UNBOUNDED),
            evaluation.flag("keep_best"),
            evaluation.count("max_rows", 1));
    evaluation.close();
    return result;
  }
}
