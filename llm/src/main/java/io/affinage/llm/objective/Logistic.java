package io.affinage.llm.objective;

/** The logistic function, without overflow. */
final class Logistic {
  private Logistic() {}

  static double logSigmoid(double x) {
    return Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));
  }

  static double sigmoid(double x) {
    return Math.exp(logSigmoid(x));
  }
}
