package io.affinage.eval.metric;

import io.affinage.eval.statistics.Bootstrap;
import io.affinage.eval.statistics.Interval;
import io.affinage.eval.statistics.SignFlipTest;
import java.util.function.DoubleBinaryOperator;

/** One variant's numbers for one metric, item by item. */
public sealed interface Measurements {

  /** The number over all items with its interval. */
  Estimate estimate(long seed);

  /** How the tuned variant, these measurements, compares with the base over the same items. */
  Comparison against(Measurements base, Metric metric, long seed);

  /**
   * One value per item; higher is better.
   *
   * @param values in the order of the items
   */
  record Scores(double[] values) implements Measurements {
    @Override
    public Estimate estimate(long seed) {
      Interval interval = Bootstrap.standard(seed).ofMean(values);
      return new Estimate(mean(values), interval.low(), interval.high(), values.length);
    }

    @Override
    public Comparison against(Measurements base, Metric metric, long seed) {
      double[] other = ((Scores) base).values;
      double[] differences = new double[values.length];
      for (int i = 0; i < values.length; i++) {
        differences[i] = values[i] - other[i];
      }
      Interval interval = Bootstrap.standard(seed).ofMean(differences);
      return new Comparison(
          metric,
          mean(differences),
          interval.low(),
          interval.high(),
          SignFlipTest.pValue(differences, seed));
    }

    private static double mean(double[] values) {
      double sum = 0;
      for (double value : values) {
        sum += value;
      }
      return sum / values.length;
    }
  }

  /**
   * Negative log-probabilities; every token weighs the same, whatever item it is in.
   *
   * @param losses sum over the item's tokens, nats
   * @param tokens of each item
   */
  record TokenLosses(double[] losses, double[] tokens) implements Measurements {
    private static final DoubleBinaryOperator PERPLEXITY = (loss, n) -> Math.exp(loss / n);

    @Override
    public Estimate estimate(long seed) {
      Interval interval = Bootstrap.standard(seed).ofSums(losses, tokens, PERPLEXITY);
      double score = PERPLEXITY.applyAsDouble(sum(losses), sum(tokens));
      return new Estimate(score, interval.low(), interval.high(), losses.length);
    }

    @Override
    public Comparison against(Measurements base, Metric metric, long seed) {
      // Tuned and base read the same tokens, so the ratio of perplexities depends on the summed
      // differences alone.
      double[] other = ((TokenLosses) base).losses;
      double[] differences = new double[losses.length];
      for (int i = 0; i < losses.length; i++) {
        differences[i] = other[i] - losses[i];
      }
      DoubleBinaryOperator fall = (difference, n) -> 1 - Math.exp(-difference / n);
      Interval interval = Bootstrap.standard(seed).ofSums(differences, tokens, fall);
      return new Comparison(
          metric,
          fall.applyAsDouble(sum(differences), sum(tokens)),
          interval.low(),
          interval.high(),
          SignFlipTest.pValue(differences, seed));
    }

    private static double sum(double[] values) {
      double sum = 0;
      for (double value : values) {
        sum += value;
      }
      return sum;
    }
  }
}
