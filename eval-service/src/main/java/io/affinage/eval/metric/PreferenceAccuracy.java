package io.affinage.eval.metric;

import io.affinage.eval.dataset.Item;
import io.affinage.eval.model.Likelihood;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Share of preference pairs of which the model finds the chosen answer likelier than the rejected
 * one, by the sum over the answer's tokens; half of a pair for equal ones; higher is better. Told
 * besides: the mean difference of the two in nats. The gain over the base is the accuracy's; a pair
 * counts as one, however long its answers.
 */
public record PreferenceAccuracy() implements LikelihoodMetric {
  private static final String MARGIN = "preference_margin";

  @Override
  public String wireName() {
    return "preference_accuracy";
  }

  @Override
  public Optional<String> obstacle(Item item) {
    return item.rejected().isEmpty()
        ? Optional.of("has no rejected answer, which preference_accuracy compares with")
        : Optional.empty();
  }

  @Override
  public List<String> continuations(Item item, List<String> choices) {
    return List.of(item.reference(), item.rejected().orElseThrow());
  }

  @Override
  public Map<String, Measurements> measure(
      List<Item> items, List<String> choices, List<List<Likelihood>> likelihoods) {
    double[] margins =
        likelihoods.stream()
            .mapToDouble(pair -> pair.get(0).logProbability() - pair.get(1).logProbability())
            .toArray();
    double[] right = new double[margins.length];
    for (int i = 0; i < right.length; i++) {
      right[i] = (1 + Math.signum(margins[i])) / 2;
    }
    Map<String, Measurements> byName = new LinkedHashMap<>();
    byName.put(wireName(), new Measurements.Scores(right));
    byName.put(MARGIN, new Measurements.Scores(margins));
    return byName;
  }
}
