package io.affinage.llm.training;

/**
 * Where a run stands between two steps.
 *
 * @param step optimizer steps made, skipped ones included
 * @param updates steps that moved the weights
 */
record TrainingState(
    int step,
    int updates,
    long tokensSeen,
    long targetTokens,
    Losses losses,
    Skips skips,
    Watch watch) {
  static final TrainingState START =
      new TrainingState(0, 0, 0, 0, Losses.NONE, Skips.NONE, Watch.NONE);

  /**
   * Training losses, nats per target token.
   *
   * @param recentSum sum of the losses of the last tenth of the run
   */
  record Losses(double first, double last, double recentSum, int recentCount) {
    static final Losses NONE = new Losses(Double.NaN, Double.NaN, 0, 0);

    double recent() {
      return recentCount == 0 ? last : recentSum / recentCount;
    }

    Losses after(double loss, boolean recent) {
      return new Losses(
          Double.isNaN(first) ? loss : first,
          loss,
          recentSum + (recent ? loss : 0),
          recentCount + (recent ? 1 : 0));
    }
  }

  /**
   * Steps that moved nothing.
   *
   * @param inARow those last ones whose loss or gradient was not finite
   */
  record Skips(int total, int inARow) {
    static final Skips NONE = new Skips(0, 0);
  }

  /**
   * What the held-out examples have shown.
   *
   * @param bestStep the step after which the loss was lowest; 0 for none yet
   * @param withoutImprovement evaluations since
   */
  record Watch(double lastLoss, double bestLoss, int bestStep, int withoutImprovement) {
    static final Watch NONE = new Watch(Double.NaN, Double.NaN, 0, 0);

    Watch after(double loss, int step, double minImprovement) {
      boolean better = bestStep == 0 || loss < bestLoss - minImprovement;
      return better
          ? new Watch(loss, loss, step, 0)
          : new Watch(loss, bestLoss, bestStep, withoutImprovement + 1);
    }
  }

  TrainingState after(double loss, long tokens, long targets, int totalSteps) {
    boolean recent = step >= totalSteps - Math.max(1, totalSteps / 10);
    return new TrainingState(
        step + 1,
        updates + 1,
        tokensSeen + tokens,
        targetTokens + targets,
        losses.after(loss, recent),
        new Skips(skips.total, 0),
        watch);
  }

  TrainingState afterSkip(long tokens, long targets) {
    return new TrainingState(
        step + 1,
        updates,
        tokensSeen + tokens,
        targetTokens + targets,
        losses,
        new Skips(skips.total + 1, skips.inARow + 1),
        watch);
  }

  /** There was nothing to learn from. */
  TrainingState afterNothing() {
    return new TrainingState(
        step + 1,
        updates,
        tokensSeen,
        targetTokens,
        losses,
        new Skips(skips.total + 1, skips.inARow),
        watch);
  }

  TrainingState afterEvaluation(double loss, double minImprovement) {
    return new TrainingState(
        step,
        updates,
        tokensSeen,
        targetTokens,
        losses,
        skips,
        watch.after(loss, step, minImprovement));
  }
}
