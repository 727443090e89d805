package io.affinage.trainer.llm;

import io.affinage.events.RewardSpec;
import io.affinage.events.TrainingSpec;
import io.affinage.events.objective.SampledObjective;
import io.affinage.llm.error.LlmException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Ends a job of sampled answers that goes nowhere or astray, by what its steps tell. Error codes:
 * {@code kl_blow_up}, {@code entropy_collapse}, {@code equal_rewards}, {@code completions_empty},
 * {@code completions_at_limit}, {@code reward_hacking}.
 */
final class GuardRails {
  /** Iterations in a row: one alone may be a bad batch. */
  private static final int KL_ITERATIONS = 3;

  /** Per token; PPO's objective/entropy is an answer's. */
  private static final List<String> ENTROPY = List.of("policy/entropy_avg", "entropy");

  private final TrainingSpec.Guards limits;
  private final int updates;
  private final Map<String, Integer> inARow = new HashMap<>();
  private final Map<String, Trend> learned = new LinkedHashMap<>();

  /** What a policy cannot please without doing what is asked: rules, and what counts nothing. */
  private final Map<String, Trend> heldOut = new LinkedHashMap<>();

  /** A number over time: as it was in the first iterations, and as it is in the last. */
  private static final class Trend {
    private final int window;
    private final Deque<Double> last = new ArrayDeque<>();
    private double firstSum;
    private double firstSquares;
    private int count;

    Trend(int window) {
      this.window = window;
    }

    void add(double value) {
      if (count < window) {
        firstSum += value;
        firstSquares += value * value;
      }
      count++;
      last.add(value);
      if (last.size() > window) {
        last.remove();
      }
    }

    /** By how many standard deviations of the first iterations the last differ; 0 at first. */
    double change() {
      if (count < 2 * window) {
        return 0;
      }
      double first = firstSum / window;
      double deviation = Math.sqrt(Math.max(0, firstSquares / window - first * first));
      double now = last.stream().mapToDouble(Double::doubleValue).average().orElse(first);
      return (now - first) / Math.max(deviation, 1e-6);
    }
  }

  private GuardRails(TrainingSpec.Guards limits, int updates, RewardSpec reward) {
    this.limits = limits;
    this.updates = updates;
    if (limits.patience() > 0 && reward instanceof RewardSpec.Ensemble ensemble) {
      for (RewardSpec.Member member : ensemble.rewards()) {
        boolean counts = member.weight() == null || member.weight() != 0;
        (counts && member.reward() instanceof RewardSpec.Model ? learned : heldOut)
            .put(SampledAnswers.name(member), new Trend(limits.patience()));
      }
    }
  }

  /** Empty where nothing is sampled. */
  static Optional<GuardRails> of(TrainingSpec spec) {
    return spec.objective() instanceof SampledObjective sampled && spec.guards() != null
        ? Optional.of(new GuardRails(spec.guards(), sampled.numIterations(), sampled.reward()))
        : Optional.empty();
  }

  /**
   * Looks at a step, if it is an iteration's last: of one batch of answers all steps tell the same.
   *
   * @param metrics by name, as the step told them
   * @throws LlmException when the job shall end
   */
  void check(int step, Map<String, Double> metrics) {
    if (step % updates != 0) {
      return;
    }
    double length = metrics.getOrDefault("completions/mean_length", Double.NaN);
    kl(step, metrics, length);
    ENTROPY.stream()
        .filter(metrics::containsKey)
        .findFirst()
        .map(metrics::get)
        .ifPresent(entropy -> entropy(step, entropy));
    if (limits.patience() > 0) {
      throughout(step, metrics, length);
      hacking(step, metrics);
    }
  }

  /** Per token: an answer's, which PPO tells, is divided by the answers' mean length. */
  private void kl(int step, Map<String, Double> metrics, double length) {
    Double ofAnswer = metrics.get("objective/kl");
    Double ofToken =
        ofAnswer == null ? metrics.get("kl") : Double.valueOf(ofAnswer / Math.max(1, length));
    if (ofToken == null || limits.maxKl() == 0) {
      return;
    }
    if (lasts("kl", !(ofToken <= limits.maxKl()), KL_ITERATIONS)) {
      throw new LlmException(
          "kl_blow_up",
          "the policy has left the model that it started from: at step %d they diverge by %.3g nats per token, more than guards.maxKl %s for %d batches of answers; lower the learning rate or give the divergence more weight"
              .formatted(step, ofToken, limits.maxKl(), KL_ITERATIONS));
    }
  }

  private void entropy(int step, double entropy) {
    if (limits.minEntropy() > 0
        && limits.patience() > 0
        && lasts("entropy", entropy < limits.minEntropy(), limits.patience())) {
      throw new LlmException(
          "entropy_collapse",
          "the policy always answers the same: at step %d its entropy is %.3g nats per token, less than guards.minEntropy %s for %d batches of answers; lower the learning rate or give the divergence more weight"
              .formatted(step, entropy, limits.minEntropy(), limits.patience()));
    }
  }

  private void throughout(int step, Map<String, Double> metrics, double length) {
    Double alike = metrics.get("frac_reward_zero_std");
    Double deviation = metrics.get("reward_std");
    boolean unscored = !metrics.containsKey("reward");
    boolean equal = unscored || (alike != null ? alike >= 1 : deviation != null && deviation == 0);
    if (lasts("equal", equal, limits.patience())) {
      throw new LlmException(
          "equal_rewards",
          "there is nothing to learn: up to step %d all answers to a prompt had the same reward for %d batches of answers (mean %s, %d without a score in the last); look at the reward and at some answers"
              .formatted(
                  step,
                  limits.patience(),
                  unscored ? "none" : metrics.get("reward"),
                  metrics.getOrDefault("unscored", 0.0).intValue()));
    }
    Double clipped = metrics.get("completions/clipped_ratio");
    if (lasts("empty", length <= 1 && clipped != null && clipped == 0, limits.patience())) {
      throw new LlmException(
          "completions_empty",
          "the policy answers nothing: up to step %d all answers were empty for %d batches; look at the reward, which an empty answer may satisfy, and at the prompts"
              .formatted(step, limits.patience()));
    }
    if (lasts("limit", clipped != null && clipped >= 1, limits.patience())) {
      throw new LlmException(
          "completions_at_limit",
          "no answer comes to its end: up to step %d all had the longest length for %d batches; raise maxCompletionLength, or reward what ends"
              .formatted(step, limits.patience()));
    }
  }

  private boolean lasts(String what, boolean now, int iterations) {
    int count = now ? inARow.getOrDefault(what, 0) + 1 : 0;
    inARow.put(what, count);
    return count >= iterations;
  }

  /** What is learned rises, what is held out falls, both by more than they vary. */
  private void hacking(int step, Map<String, Double> metrics) {
    learned.forEach((name, trend) -> add(trend, metrics.get(SampledAnswers.share(name))));
    heldOut.forEach((name, trend) -> add(trend, metrics.get(SampledAnswers.share(name))));
    for (Map.Entry<String, Trend> up : learned.entrySet()) {
      for (Map.Entry<String, Trend> down : heldOut.entrySet()) {
        if (up.getValue().change() > 1 && down.getValue().change() < -1) {
          throw new LlmException(
              "reward_hacking",
              "the policy pleases the reward model and nothing else: up to step %d the learned reward %s has risen by %.1f standard deviations while %s fell by %.1f; weigh %s more, or the divergence"
                  .formatted(
                      step,
                      up.getKey(),
                      up.getValue().change(),
                      down.getKey(),
                      -down.getValue().change(),
                      down.getKey()));
        }
      }
    }
  }

  private static void add(Trend trend, Double value) {
    if (value != null) {
      trend.add(value);
    }
  }
}
