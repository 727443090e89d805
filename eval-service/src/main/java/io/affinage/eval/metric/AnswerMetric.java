package io.affinage.eval.metric;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Mean reward of the model's own answers; higher is better.
 *
 * @param wireName as in specifications, events and the API
 * @param comparesAnswers whether it is told besides how often an answer is worth more than the
 *     reference's, {@value #WIN_RATE}, and how long answers are, {@value #CHARACTERS}: a reward
 *     that rises by longer answers alone says little
 */
public record AnswerMetric(String wireName, boolean comparesAnswers) implements Metric {
  private static final String WIN_RATE = "win_rate";
  private static final String CHARACTERS = "answer_characters";

  /**
   * What answers are worth, and what is told besides.
   *
   * @param scores of one variant's answers
   * @param reference scores of the answers to the same items by the model that training started
   *     from; empty for a model from scratch
   * @param characters how long the answers are
   */
  public Map<String, Measurements> measure(
      double[] scores, Optional<double[]> reference, double[] characters) {
    Map<String, Measurements> measured = new LinkedHashMap<>();
    measured.put(wireName, new Measurements.Scores(scores));
    if (comparesAnswers) {
      reference.ifPresent(of -> measured.put(WIN_RATE, Wins.over(scores, of)));
      measured.put(CHARACTERS, new Measurements.Scores(characters));
    }
    return measured;
  }
}
