package io.affinage.eval.metric;

/**
 * A number with its 95% confidence interval.
 *
 * @param n items it rests on
 */
public record Estimate(double score, double low, double high, int n) {}
