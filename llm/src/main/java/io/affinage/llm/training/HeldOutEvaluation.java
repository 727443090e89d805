package io.affinage.llm.training;

import static io.affinage.llm.error.Hyperparameters.require;

/**
 * What a run does with its held-out examples.
 *
 * @param everySteps optimizer steps between evaluations; 0 for none
 * @param patience evaluations in a row without improvement that end the run; 0 to go on to the end
 * @param minImprovement nats by which a loss must be lower than the best one
 * @param keepBest whether the result is the model with the lowest held-out loss, not the last one
 */
public record HeldOutEvaluation(
    int everySteps, int patience, double minImprovement, boolean keepBest) {
  public static final HeldOutEvaluation NONE = new HeldOutEvaluation(0, 0, 0, false);

  public HeldOutEvaluation {
    require(everySteps >= 0, "evaluation.everySteps", "0 or more", everySteps);
    require(patience >= 0, "evaluation.patience", "0 or more", patience);
    require(minImprovement >= 0, "evaluation.minImprovement", "0 or more", minImprovement);
    require(
        everySteps > 0 || (patience == 0 && !keepBest),
        "evaluation.everySteps",
        "above 0 for early stopping or a best model",
        everySteps);
  }
}
