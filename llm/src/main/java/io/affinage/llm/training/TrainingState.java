package io.affinage.llm.training;

/**
 * Where a run stands between two steps.
 *
 * @param step optimizer steps made
 * @param recentSum sum of the losses of the last tenth of the run
 */
record TrainingState(
    int step,
    long tokensSeen,
    long targetTokens,
    double firstLoss,
    double lastLoss,
    double recentSum,
    int recentCount) {
  static final TrainingState START = new TrainingState(0, 0, 0, Double.NaN, Double.NaN, 0, 0);

  TrainingState after(double loss, long tokens, long targets, int totalSteps) {
    boolean recent = step >= totalSteps - Math.max(1, totalSteps / 10);
    return new TrainingState(
        step + 1,
        tokensSeen + tokens,
        targetTokens + targets,
        step == 0 ? loss : firstLoss,
        loss,
        recentSum + (recent ? loss : 0),
        recentCount + (recent ? 1 : 0));
  }

  double recentLoss() {
    return recentCount == 0 ? lastLoss : recentSum / recentCount;
  }
}
