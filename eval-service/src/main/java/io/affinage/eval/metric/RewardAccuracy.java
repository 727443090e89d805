package io.affinage.eval.metric;

import io.affinage.eval.statistics.Bootstrap;
import io.affinage.eval.statistics.Interval;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Share of preference pairs of which a reward model gives the chosen answer the higher score; half
 * of a pair for equal ones; higher is better. Told besides: the mean difference of the two scores,
 * the correlation of score and answer length over all answers, and the accuracy of a baseline that
 * knows length alone and takes the longer answer. The gain is the accuracy's over chance.
 */
public record RewardAccuracy() implements Metric {
  private static final String MARGIN = "reward_margin";
  private static final String LENGTH_CORRELATION = "reward_length_correlation";
  private static final String LENGTH_ONLY = "length_only_accuracy";
  private static final double CHANCE = 0.5;

  /** Above this share of the scores' variance that length accounts for, they are mostly length. */
  private static final double MOSTLY = 0.5;

  /**
   * One pair.
   *
   * @param lengths of the answers in tokens
   */
  public record Pair(double chosen, double rejected, double chosenLength, double rejectedLength) {
    private double right() {
      return (1 + Math.signum(chosen - rejected)) / 2;
    }

    private double longerIsChosen() {
      return (1 + Math.signum(chosenLength - rejectedLength)) / 2;
    }
  }

  @Override
  public String wireName() {
    return "reward_accuracy";
  }

  @Override
  public Optional<String> baseline() {
    return Optional.of("chance");
  }

  /** What pairs come to, by name: first this metric's own. */
  public Map<String, Estimate> estimates(List<Pair> pairs, long seed) {
    Map<String, Estimate> byName = new LinkedHashMap<>();
    byName.put(wireName(), accuracy(pairs).estimate(seed));
    byName.put(
        MARGIN,
        new Measurements.Scores(
                pairs.stream().mapToDouble(pair -> pair.chosen() - pair.rejected()).toArray())
            .estimate(seed));
    byName.put(LENGTH_CORRELATION, LengthCorrelation.of(pairs).estimate(seed));
    byName.put(
        LENGTH_ONLY,
        new Measurements.Scores(pairs.stream().mapToDouble(Pair::longerIsChosen).toArray())
            .estimate(seed));
    return byName;
  }

  /** How the accuracy compares with a coin's. */
  public Comparison againstChance(List<Pair> pairs, long seed) {
    double[] chance = new double[pairs.size()];
    Arrays.fill(chance, CHANCE);
    return accuracy(pairs).against(new Measurements.Scores(chance), this, seed);
  }

  /** Whether length accounts for more than half of the scores' variance. */
  public boolean isMostlyLength(Map<String, Estimate> estimates) {
    double correlation = estimates.get(LENGTH_CORRELATION).score();
    return correlation * correlation > MOSTLY;
  }

  /** What {@link #isMostlyLength} rests on, for people. */
  public String length(Map<String, Estimate> estimates) {
    double correlation = estimates.get(LENGTH_CORRELATION).score();
    return String.format(
        Locale.ROOT,
        "%.0f%% of the variance of the scores is that of the answers' lengths (correlation %.2f); a baseline that takes the longer answer is right in %.0f%% of the pairs, this model in %.0f%%",
        100 * correlation * correlation,
        correlation,
        100 * estimates.get(LENGTH_ONLY).score(),
        100 * estimates.get(wireName()).score());
  }

  private static Measurements accuracy(List<Pair> pairs) {
    return new Measurements.Scores(pairs.stream().mapToDouble(Pair::right).toArray());
  }

  /**
   * Pearson's correlation over the answers of pairs; resampled by pairs.
   *
   * @param scores of chosen and rejected answers, pair by pair, [2 pairs]
   * @param lengths of the same
   */
  private record LengthCorrelation(double[] scores, double[] lengths) {
    static LengthCorrelation of(List<Pair> pairs) {
      double[] scores = new double[2 * pairs.size()];
      double[] lengths = new double[2 * pairs.size()];
      for (int i = 0; i < pairs.size(); i++) {
        Pair pair = pairs.get(i);
        scores[2 * i] = pair.chosen();
        scores[2 * i + 1] = pair.rejected();
        lengths[2 * i] = pair.chosenLength();
        lengths[2 * i + 1] = pair.rejectedLength();
      }
      return new LengthCorrelation(scores, lengths);
    }

    Estimate estimate(long seed) {
      int pairs = scores.length / 2;
      int[] all = new int[pairs];
      for (int i = 0; i < pairs; i++) {
        all[i] = i;
      }
      Interval interval = Bootstrap.standard(seed).ofItems(pairs, this::of);
      return new Estimate(of(all), interval.low(), interval.high(), pairs);
    }

    /** Over some pairs, repeated ones counted as often; 0 where nothing varies. */
    private double of(int[] pairs) {
      double sumScore = 0;
      double sumLength = 0;
      for (int pair : pairs) {
        sumScore += scores[2 * pair] + scores[2 * pair + 1];
        sumLength += lengths[2 * pair] + lengths[2 * pair + 1];
      }
      double meanScore = sumScore / (2 * pairs.length);
      double meanLength = sumLength / (2 * pairs.length);
      double together = 0;
      double ofScores = 0;
      double ofLengths = 0;
      for (int pair : pairs) {
        for (int at = 2 * pair; at < 2 * pair + 2; at++) {
          double score = scores[at] - meanScore;
          double length = lengths[at] - meanLength;
          together += score * length;
          ofScores += score * score;
          ofLengths += length * length;
        }
      }
      return ofScores == 0 || ofLengths == 0 ? 0 : together / Math.sqrt(ofScores * ofLengths);
    }
  }
}
