package io.affinage.eval.metric;

/** How often one of two values of an item is the greater one. */
final class Wins {
  private Wins() {}

  /** 1 where the value is above the other one, 0 where it is below, half for a tie. */
  static Measurements.Scores over(double[] values, double[] others) {
    double[] margins = new double[values.length];
    for (int i = 0; i < margins.length; i++) {
      margins[i] = values[i] - others[i];
    }
    return ofMargins(margins);
  }

  /** 1 for each margin above 0, 0 below, half for a tie. */
  static Measurements.Scores ofMargins(double[] margins) {
    double[] wins = new double[margins.length];
    for (int i = 0; i < wins.length; i++) {
      wins[i] = (1 + Math.signum(margins[i])) / 2;
    }
    return new Measurements.Scores(wins);
  }
}
