package io.affinage.eval.metric;

import io.affinage.eval.dataset.Item;
import io.affinage.eval.model.Likelihood;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * Share of preference pairs of which the model finds the chosen answer likelier than the rejected
 * one, by the sum over the answer's tokens; half of a pair for equal ones; higher is better.
 * Shorter answers are likelier: where chosen answers are the longer ones even a good model ranks
 * few pairs right, see {@link ImplicitRewardAccuracy}. Told besides: the mean difference of the two
 * in nats, and the accuracy by the mean over the answer's tokens. The gain over the base is the
 * accuracy's; a pair counts as one, however long its answers.
 */
public record PreferenceAccuracy() implements LikelihoodMetric {
  private static final String MARGIN = "preference_margin";
  private static final String NORMALIZED = "preference_accuracy_normalized";

  @Override
  public String wireName() {
    return "preference_accuracy";
  }

  @Override
  public Optional<String> obstacle(Item item) {
    return PreferenceRanking.obstacle(item, this);
  }

  @Override
  public List<String> continuations(Item item, List<String> choices) {
    return PreferenceRanking.answers(item);
  }

  @Override
  public Map<String, Measurements> measure(Likelihoods likelihoods) {
    double[] margins = margins(likelihoods, Likelihood::logProbability);
    Map<String, Measurements> byName = new LinkedHashMap<>();
    byName.put(wireName(), Wins.ofMargins(margins));
    byName.put(MARGIN, new Measurements.Scores(margins));
    byName.put(NORMALIZED, Wins.ofMargins(margins(likelihoods, PreferenceRanking::perToken)));
    return byName;
  }

  private static double[] margins(Likelihoods likelihoods, ToDoubleFunction<Likelihood> log) {
    return likelihoods.found().stream()
        .mapToDouble(
            pair ->
                log.applyAsDouble(PreferenceRanking.chosen(pair))
                    - log.applyAsDouble(PreferenceRanking.rejected(pair)))
        .toArray();
  }
}
