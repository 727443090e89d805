package io.affinage.llm.training;

/**
 * How a run ended.
 *
 * @param completed false when the listener stopped it
 * @param stoppedEarly whether the held-out loss had stopped falling
 * @param steps optimizer steps made, earlier attempts included
 * @param skippedSteps steps among them whose loss or gradient was not finite
 * @param finalLoss mean loss of the last step; the mean over the last tenth is {@code recentLoss}
 * @param heldOutLoss of the last evaluation; NaN for none
 * @param bestHeldOutLoss the lowest; NaN for none
 * @param bestStep the step after which it was lowest; 0 for none
 */
public record TrainingOutcome(
    boolean completed,
    boolean stoppedEarly,
    int steps,
    int totalSteps,
    int skippedSteps,
    double firstLoss,
    double finalLoss,
    double recentLoss,
    double heldOutLoss,
    double bestHeldOutLoss,
    int bestStep,
    long tokensSeen,
    long targetTokens) {}
