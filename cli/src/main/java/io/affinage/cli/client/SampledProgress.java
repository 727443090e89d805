package io.affinage.cli.client;

import io.affinage.events.TrainingProgressed;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What a training that samples answers tells of them, whatever its method calls it.
 *
 * @param reward mean of the last answers
 * @param kl how far the policy is from the model that it started from, nats; null where it is not
 *     measured
 * @param entropy of the policy, nats; null where it is not measured
 */
public record SampledProgress(double reward, Double kl, Double entropy) {
  private static final List<String> REWARD = List.of("objective/scores", "reward");
  private static final List<String> KL = List.of("objective/kl", "kl");
  private static final List<String> ENTROPY =
      List.of("objective/entropy", "policy/entropy", "policy/entropy_avg", "entropy");

  /** Empty for a training that samples nothing, and before its first answers. */
  public static Optional<SampledProgress> of(TrainingProgressed at) {
    if (at == null || at.metrics() == null) {
      return Optional.empty();
    }
    return Optional.ofNullable(first(at.metrics(), REWARD))
        .map(
            reward ->
                new SampledProgress(reward, first(at.metrics(), KL), first(at.metrics(), ENTROPY)));
  }

  private static Double first(Map<String, Double> metrics, List<String> names) {
    return names.stream().filter(metrics::containsKey).map(metrics::get).findFirst().orElse(null);
  }

  /** For a line of progress. */
  public String text() {
    StringBuilder text = new StringBuilder("reward ").append(rewardText());
    if (kl != null) {
      text.append("  kl ").append(klText());
    }
    if (entropy != null) {
      text.append(String.format(Locale.ROOT, "  entropy %.2f", entropy));
    }
    return text.toString();
  }

  public String rewardText() {
    return String.format(Locale.ROOT, "%.3f", reward);
  }

  public String klText() {
    return kl == null ? "-" : String.format(Locale.ROOT, "%.4f", kl);
  }
}
