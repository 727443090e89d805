package io.affinage.eval.run;

import io.affinage.eval.metric.AnswerMetric;
import io.affinage.eval.metric.LikelihoodMetric;
import io.affinage.eval.metric.Metric;
import java.util.List;
import java.util.Optional;

/**
 * What an evaluation does, every default filled in.
 *
 * @param metrics without repetition; the first decides
 * @param split of the dataset
 * @param maxItems upper bound, or empty for all
 * @param fewShot examples put before the prompt of the prompted base; 0 leaves that variant out
 * @param maxNewTokens longest answer
 * @param choices of multiple choice; empty takes the distinct answers of the dataset
 * @param gate when the model is promoted
 */
public record Plan(
    List<Metric> metrics,
    String split,
    Optional<Integer> maxItems,
    int fewShot,
    int maxNewTokens,
    List<String> choices,
    PromotionGate gate,
    long seed) {
  /** More choices than this are more likely a mistake than a question. */
  public static final int MAX_CHOICES = 200;

  public Plan {
    metrics = List.copyOf(metrics);
    choices = List.copyOf(choices);
  }

  /** Whether some metric scores the model's own answers. */
  boolean asksForAnswers() {
    return metrics.stream().anyMatch(AnswerMetric.class::isInstance);
  }

  /** Those of the metrics that score the model's own answers, in their order. */
  List<AnswerMetric> answerMetrics() {
    return metrics.stream()
        .filter(AnswerMetric.class::isInstance)
        .map(AnswerMetric.class::cast)
        .toList();
  }

  /** Those of the metrics that ask for likelihoods, in their order. */
  List<LikelihoodMetric> likelihoodMetrics() {
    return metrics.stream()
        .filter(LikelihoodMetric.class::isInstance)
        .map(LikelihoodMetric.class::cast)
        .toList();
  }

  /** The metric that decides. */
  public Metric deciding() {
    return metrics.get(0);
  }
}
