package io.affinage.llm.training;

/** Notices a training loss that has left where it was and rises. */
final class LossTrend {
  private static final double NEW = 0.2;
  private static final double FACTOR = 2;
  private static final double NATS = 1;

  private double average = Double.NaN;
  private double lowest = Double.POSITIVE_INFINITY;
  private boolean risen;

  /**
   * Takes one more step's loss.
   *
   * @return whether the average over recent steps is now twice its lowest value and a nat above it,
   *     for the first time
   */
  boolean risesWith(double loss) {
    if (!Double.isFinite(loss)) {
      return false;
    }
    average = Double.isNaN(average) ? loss : NEW * loss + (1 - NEW) * average;
    lowest = Math.min(lowest, average);
    boolean first = !risen && average > FACTOR * lowest && average > lowest + NATS;
    risen |= first;
    return first;
  }

  double average() {
    return average;
  }

  double lowest() {
    return lowest;
  }
}
