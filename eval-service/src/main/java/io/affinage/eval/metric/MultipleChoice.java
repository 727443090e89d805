package io.affinage.eval.metric;

import io.affinage.eval.dataset.Item;
import io.affinage.eval.model.Likelihood;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Share of items whose right answer is the likeliest of the choices; higher is better. Told
 * besides: the same with each choice's log-probability divided by its length in UTF-8 bytes, so
 * that long choices stand a chance whatever the tokenizer.
 */
public record MultipleChoice() implements LikelihoodMetric {
  private static final String NORMALIZED = "multiple_choice_normalized";

  @Override
  public String wireName() {
    return "multiple_choice";
  }

  @Override
  public boolean usesChoices() {
    return true;
  }

  @Override
  public Optional<String> obstacle(Item item) {
    return item.document()
        ? Optional.of("is plain text, which only perplexity can measure")
        : Optional.empty();
  }

  @Override
  public List<String> continuations(Item item, List<String> choices) {
    return choices;
  }

  @Override
  public Map<String, Measurements> measure(Likelihoods likelihoods) {
    List<String> choices = likelihoods.choices();
    Map<String, Measurements> byName = new LinkedHashMap<>();
    double[] ones = choices.stream().mapToDouble(choice -> 1).toArray();
    double[] bytes =
        choices.stream()
            .mapToDouble(choice -> Math.max(1, choice.getBytes(StandardCharsets.UTF_8).length))
            .toArray();
    byName.put(wireName(), right(likelihoods, ones));
    byName.put(NORMALIZED, right(likelihoods, bytes));
    return byName;
  }

  private static Measurements right(Likelihoods likelihoods, double[] sizes) {
    double[] right = new double[likelihoods.items().size()];
    for (int i = 0; i < right.length; i++) {
      List<Likelihood> of = likelihoods.found().get(i);
      int best = 0;
      for (int c = 1; c < sizes.length; c++) {
        if (of.get(c).logProbability() / sizes[c] > of.get(best).logProbability() / sizes[best]) {
          best = c;
        }
      }
      String answer = likelihoods.choices().get(best);
      right[i] = answer.equals(likelihoods.items().get(i).reference()) ? 1 : 0;
    }
    return new Measurements.Scores(right);
  }
}
