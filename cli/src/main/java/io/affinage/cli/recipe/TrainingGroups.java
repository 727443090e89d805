package io.affinage.cli.recipe;

import io.affinage.events.TrainingSpec;
import io.affinage.events.spec.SettingRanges;

/** The groups of settings within {@code train}. */
final class TrainingGroups {
  private TrainingGroups() {}

  static TrainingSpec.Weights weights(Section weights) {
    if (weights == null) {
      return null;
    }
    TrainingSpec.Weights result =
        new TrainingSpec.Weights(
            weights.word("scope", SettingRanges.SCOPES),
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
            optimizer.word("type", SettingRanges.OPTIMIZERS),
            optimizer.number("beta1", SettingRanges.BETA),
            optimizer.number("beta2", SettingRanges.BETA),
            optimizer.number("epsilon", SettingRanges.EPSILON),
            optimizer.number("momentum", SettingRanges.BETA),
            optimizer.flag("nesterov"),
            optimizer.number("lora_plus_ratio", SettingRanges.RATE_FACTOR),
            optimizer.number("embedding_rate_factor", SettingRanges.RATE_FACTOR),
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
            regularisation.number("neftune_alpha", SettingRanges.NEFTUNE_ALPHA),
            regularisation.number("label_smoothing", SettingRanges.LABEL_SMOOTHING),
            regularisation.number("ema_decay", SettingRanges.EMA_DECAY));
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
            evaluation.number("min_improvement", SettingRanges.MIN_IMPROVEMENT),
            evaluation.flag("keep_best"),
            evaluation.count("max_rows", 1));
    evaluation.close();
    return result;
  }
}
