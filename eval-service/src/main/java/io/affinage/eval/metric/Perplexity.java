package io.affinage.eval.metric;

import io.affinage.eval.dataset.Item;
import io.affinage.eval.model.Likelihood;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** exp of the mean negative log-probability per token of the right answers; lower is better. */
public record Perplexity() implements LikelihoodMetric {
  @Override
  public String wireName() {
    return "perplexity";
  }

  @Override
  public Optional<String> obstacle(Item item) {
    return Optional.empty();
  }

  @Override
  public List<String> continuations(Item item, List<String> choices) {
    return List.of(item.reference());
  }

  @Override
  public Map<String, Measurements> measure(Likelihoods likelihoods) {
    List<List<Likelihood>> found = likelihoods.found();
    double[] losses = found.stream().mapToDouble(of -> -of.get(0).logProbability()).toArray();
    double[] tokens = found.stream().mapToDouble(of -> of.get(0).tokens()).toArray();
    return Map.of(wireName(), new Measurements.TokenLosses(losses, tokens));
  }
}
