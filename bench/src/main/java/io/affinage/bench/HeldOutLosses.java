package io.affinage.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.affinage.eval.statistics.Bootstrap;
import io.affinage.eval.statistics.Interval;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.StreamSupport;

/**
 * Losses of the same held-out examples under one model.
 *
 * @param sums nats of each example's target tokens
 * @param targets how many these are
 */
record HeldOutLosses(double[] sums, double[] targets) {
  private static final Bootstrap BOOTSTRAP = Bootstrap.standard(0);

  HeldOutLosses {
    if (sums.length == 0 || sums.length != targets.length) {
      throw new IllegalArgumentException(
          "losses of %d and tokens of %d examples".formatted(sums.length, targets.length));
    }
  }

  /** A number with its interval of 95%, over examples. */
  record Estimate(double value, Interval interval) {
    String text() {
      return "%.4f (95%% %.4f to %.4f)".formatted(value, interval.low(), interval.high());
    }
  }

  /** What a side's result says; empty where the side gave none. */
  static Optional<HeldOutLosses> of(RunResults result) {
    if (result.results().isEmpty()) {
      return Optional.empty();
    }
    JsonNode last = result.results().get(result.results().size() - 1);
    return Optional.of(
        new HeldOutLosses(numbers(last.get("heldOutSums")), numbers(last.get("heldOutTargets"))));
  }

  private static double[] numbers(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false)
        .mapToDouble(JsonNode::doubleValue)
        .toArray();
  }

  /** The mean over target tokens. */
  Estimate mean() {
    return new Estimate(
        total(sums) / total(targets), BOOTSTRAP.ofSums(sums, targets, (sum, n) -> sum / n));
  }

  /** How far this mean lies above another model's, example by example. */
  Estimate over(HeldOutLosses other) {
    requireSame(other);
    double[] apart = new double[sums.length];
    for (int i = 0; i < apart.length; i++) {
      apart[i] = sums[i] - other.sums[i];
    }
    return new HeldOutLosses(apart, targets).mean();
  }

  /**
   * The share of the way from a worse model back to a better one that this model has made; empty
   * where these two cannot be told apart.
   */
  Optional<Estimate> wonBack(HeldOutLosses worse, HeldOutLosses better) {
    requireSame(worse);
    requireSame(better);
    if (!(worse.over(better).interval().low() > 0)) {
      return Optional.empty();
    }
    double share = share(worse.total() - total(), worse.total() - better.total());
    Interval interval =
        BOOTSTRAP.ofItems(
            sums.length,
            picks -> {
              double won = 0;
              double lost = 0;
              for (int pick : picks) {
                won += worse.sums[pick] - sums[pick];
                lost += worse.sums[pick] - better.sums[pick];
              }
              return share(won, lost);
            });
    return Optional.of(new Estimate(share, interval));
  }

  /** Of resamples in which nothing is lost nothing is won either. */
  private static double share(double won, double lost) {
    return lost > 0 ? won / lost : 0;
  }

  private double total() {
    return total(sums);
  }

  private static double total(double[] values) {
    return Arrays.stream(values).sum();
  }

  private void requireSame(HeldOutLosses other) {
    if (!Arrays.equals(targets, other.targets)) {
      throw new BenchException(
          "the sides measured different tokens of held-out examples: %.0f of %d, and %.0f of %d"
              .formatted(
                  total(targets), targets.length, total(other.targets), other.targets.length));
    }
  }
}
