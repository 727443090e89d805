package io.affinage.llm.training;

import java.util.Map;

/**
 * One optimizer step that was made.
 *
 * @param step counted from 1
 * @param loss of the step's examples before the update: mean -log p per target token, nats, or what
 *     the objective says; not finite where the step was skipped for it
 * @param gradNorm global norm before clipping
 * @param learningRate of this step
 * @param skippedSteps steps so far whose loss or gradient was not finite
 * @param tokensSeen tokens of all examples so far in the run, padding not counted
 * @param targetTokens target tokens so far
 * @param tokensPerSecond over the recent steps of this process
 * @param etaSeconds estimate of what is left
 * @param metrics what the objective says beside the loss, by name; mostly none
 */
public record TrainingProgress(
    int step,
    int totalSteps,
    double loss,
    double gradNorm,
    double learningRate,
    int skippedSteps,
    long tokensSeen,
    long targetTokens,
    double tokensPerSecond,
    double etaSeconds,
    Map<String, Double> metrics) {}
