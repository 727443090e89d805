package io.affinage.eval.metric;

import io.affinage.eval.dataset.Item;
import io.affinage.eval.model.Likelihood;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * Share of preference pairs that DPO's implicit reward (Rafailov et al. 2023) ranks right: the
 * chosen answer gained more log-probability over the reference than the rejected one, log
 * pi(chosen) / ref(chosen) > log pi(rejected) / ref(rejected); half of a pair for equal ones;
 * higher is better. The reference is the model that training started from. Unlike the likelihood
 * itself the ratio does not follow the answers' lengths. TRL's {@code rewards/accuracies}, where
 * ties count as wrong.
 *
 * <p>The reference's own value is one half by definition: the gain is what lies above it, and its
 * p-value is the exact sign test of one half.
 *
 * <p>Told besides: the mean difference of the two ratios in nats (TRL's {@code rewards/margins}
 * divided by beta), and the accuracy with each ratio divided by its answer's tokens.
 */
public record ImplicitRewardAccuracy() implements LikelihoodMetric {
  private static final String MARGIN = "implicit_reward_margin";
  private static final String NORMALIZED = "implicit_reward_accuracy_normalized";

  @Override
  public String wireName() {
    return "implicit_reward_accuracy";
  }

  @Override
  public boolean needsReference() {
    return true;
  }

  @Override
  public Optional<String> baseline() {
    return Optional.of("one half, which the model that training started from has by definition");
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
    List<List<Likelihood>> reference = likelihoods.reference().orElseThrow();
    double[] margins = margins(likelihoods.found(), reference, Likelihood::logProbability);
    Map<String, Measurements> byName = new LinkedHashMap<>();
    byName.put(wireName(), Wins.ofMargins(margins));
    byName.put(MARGIN, new Measurements.Scores(margins));
    byName.put(
        NORMALIZED,
        Wins.ofMargins(margins(likelihoods.found(), reference, PreferenceRanking::perToken)));
    return byName;
  }

  private static double[] margins(
      List<List<Likelihood>> policy,
      List<List<Likelihood>> reference,
      ToDoubleFunction<Likelihood> log) {
    double[] margins = new double[policy.size()];
    for (int i = 0; i < margins.length; i++) {
      double chosen =
          log.applyAsDouble(PreferenceRanking.chosen(policy.get(i)))
              - log.applyAsDouble(PreferenceRanking.chosen(reference.get(i)));
      double rejected =
          log.applyAsDouble(PreferenceRanking.rejected(policy.get(i)))
              - log.applyAsDouble(PreferenceRanking.rejected(reference.get(i)));
      margins[i] = chosen - rejected;
    }
    return margins;
  }
}
