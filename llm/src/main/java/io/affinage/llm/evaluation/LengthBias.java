package io.affinage.llm.evaluation;

/**
 * How far scores of answers follow their lengths. What a reward model learns of pairs whose better
 * answer is mostly the longer one may be length and nothing else.
 *
 * @param correlation of score and length over all answers (Pearson); 0 where either is the same
 *     throughout
 * @param longerIsBetter share of pairs whose chosen answer is the longer one; pairs of one length
 *     count half
 */
public record LengthBias(double correlation, double longerIsBetter) {

  /** Above this share of the scores' variance that length accounts for, they are mostly length. */
  private static final double MOSTLY = 0.5;

  /**
   * @param scores of each pair's chosen and rejected answer, [pairs, 2]
   * @param lengths of the same answers in tokens, [pairs, 2]
   */
  public static LengthBias of(double[][] scores, double[][] lengths) {
    double longer = 0;
    for (double[] pair : lengths) {
      longer += pair[0] > pair[1] ? 1 : pair[0] == pair[1] ? 0.5 : 0;
    }
    return new LengthBias(
        correlation(scores, lengths), scores.length == 0 ? 0 : longer / scores.length);
  }

  private static double correlation(double[][] scores, double[][] lengths) {
    double meanScore = mean(scores);
    double meanLength = mean(lengths);
    double together = 0;
    double ofScores = 0;
    double ofLengths = 0;
    for (int i = 0; i < scores.length; i++) {
      for (int side = 0; side < 2; side++) {
        double score = scores[i][side] - meanScore;
        double length = lengths[i][side] - meanLength;
        together += score * length;
        ofScores += score * score;
        ofLengths += length * length;
      }
    }
    return ofScores == 0 || ofLengths == 0 ? 0 : together / Math.sqrt(ofScores * ofLengths);
  }

  private static double mean(double[][] values) {
    double sum = 0;
    for (double[] pair : values) {
      sum += pair[0] + pair[1];
    }
    return sum / (2 * values.length);
  }

  /** Whether length accounts for more than half of the scores' variance. */
  public boolean isMostlyLength() {
    return correlation * correlation > MOSTLY;
  }
}
