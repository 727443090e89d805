package io.affinage.trainer.engine;

import java.util.Map;

/**
 * How far a run is.
 *
 * @param step optimizer steps done
 * @param totalSteps of the whole job
 * @param trainLoss mean loss per target token of the last step, nats
 * @param learningRate of the last step
 * @param tokensSeen tokens processed by the job so far, padding not counted
 * @param tokensPerSecond over the recent steps of this attempt
 * @param etaSeconds estimate of what is left; null when unknown
 * @param metrics further numbers by name; empty for none
 */
public record TrainingProgress(
    int step,
    int totalSteps,
    Double trainLoss,
    Double learningRate,
    long tokensSeen,
    Double tokensPerSecond,
    Double etaSeconds,
    Map<String, Double> metrics) {
  public TrainingProgress {
    metrics = metrics == null ? Map.of() : Map.copyOf(metrics);
  }
}
