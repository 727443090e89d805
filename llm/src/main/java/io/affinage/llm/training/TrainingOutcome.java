package io.affinage.llm.training;

/**
 * How a run ended.
 *
 * @param completed false when the listener stopped it
 * @param steps optimizer steps made, earlier attempts included
 * @param finalLoss mean loss of the last step; the mean over the last tenth is {@code recentLoss}
 */
public record TrainingOutcome(
    boolean completed,
    int steps,
    int totalSteps,
    double firstLoss,
    double finalLoss,
    double recentLoss,
    long tokensSeen,
    long targetTokens) {}
