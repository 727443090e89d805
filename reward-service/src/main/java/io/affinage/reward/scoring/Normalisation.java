package io.affinage.reward.scoring;

import java.util.Arrays;

/** How scores are made comparable with each other. */
public enum Normalisation {
  /** As they are. */
  NONE {
    @Override
    double[] of(double[] scores) {
      return scores;
    }
  },
  /** Less the mean, by the sample standard deviation; equal scores, or one alone, become 0. */
  STANDARDIZE {
    @Override
    double[] of(double[] scores) {
      double mean = Arrays.stream(scores).average().orElse(0);
      double squares = Arrays.stream(scores).map(score -> (score - mean) * (score - mean)).sum();
      double deviation = Math.sqrt(squares / (scores.length - 1));
      return isConstant(scores)
          ? new double[scores.length]
          : Arrays.stream(scores).map(score -> (score - mean) / deviation).toArray();
    }
  },
  /** From 0 for the least to 1 for the greatest; equal scores become 0. */
  MINMAX {
    @Override
    double[] of(double[] scores) {
      double least = Arrays.stream(scores).min().orElse(0);
      double greatest = Arrays.stream(scores).max().orElse(0);
      return isConstant(scores)
          ? new double[scores.length]
          : Arrays.stream(scores).map(score -> (score - least) / (greatest - least)).toArray();
    }
  };

  /**
   * Normalises the scores that belong together.
   *
   * @return as many, in their order
   */
  abstract double[] of(double[] scores);

  private static boolean isConstant(double[] scores) {
    return Arrays.stream(scores).allMatch(score -> score == scores[0]);
  }
}
