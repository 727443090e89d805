package io.affinage.cli.client;

import io.affinage.events.EvaluationCompleted;
import io.affinage.events.ModelRegistered;

/**
 * A registered model and what is known of its quality.
 *
 * @param registered null while only a decision has been read
 * @param decision null while none was made
 * @param evaluation the latest; null for none
 */
public record ModelSummary(
    ModelRegistered registered, Decision decision, EvaluationCompleted evaluation) {

  /**
   * The gate's decision.
   *
   * @param reason the rule and the numbers, for people
   */
  public record Decision(boolean promoted, String reason) {}

  static final ModelSummary UNKNOWN = new ModelSummary(null, null, null);

  ModelSummary with(ModelRegistered model) {
    return new ModelSummary(model, decision, evaluation);
  }

  ModelSummary with(Decision made) {
    return new ModelSummary(registered, made, evaluation);
  }

  ModelSummary with(EvaluationCompleted completed) {
    return new ModelSummary(registered, decision, completed);
  }

  /** registered, promoted or rejected. */
  public String status() {
    return decision == null ? "registered" : decision.promoted() ? "promoted" : "rejected";
  }
}
