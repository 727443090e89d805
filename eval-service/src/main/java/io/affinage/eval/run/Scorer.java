package io.affinage.eval.run;

import io.affinage.eval.dataset.Item;
import io.affinage.eval.metric.AnswerMetric;
import java.util.List;
import java.util.Map;

/** Says what answers are worth. */
public interface Scorer {

  /**
   * Scores every variant's answers.
   *
   * @param metric that the scores are for
   * @param answers of each variant, in the order of the items
   * @return of each variant a value per item, null where it cannot be scored
   * @throws io.affinage.eval.EvaluationException when scoring fails as a whole
   */
  Map<Variant, List<Double>> score(
      AnswerMetric metric, List<Item> items, Map<Variant, List<String>> answers);
}
