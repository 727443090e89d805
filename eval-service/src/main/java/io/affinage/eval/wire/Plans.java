package io.affinage.eval.wire;

import io.affinage.eval.EvaluationException;
import io.affinage.eval.metric.AnswerMetric;
import io.affinage.eval.metric.Metric;
import io.affinage.eval.metric.Metrics;
import io.affinage.eval.metric.RewardAccuracy;
import io.affinage.eval.run.Plan;
import io.affinage.eval.run.PromotionGate;
import io.affinage.events.ErrorDetail;
import io.affinage.events.EvaluationSpec;
import io.affinage.events.RewardSpec;
import io.affinage.events.spec.InvalidSpecException;
import io.affinage.events.spec.Settings;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Specifications with every default filled in and every value checked. */
public final class Plans {
  private Plans() {}

  /**
   * The plan of a specification.
   *
   * @throws EvaluationException {@code invalid_spec} with the field
   */
  public static Plan from(EvaluationSpec spec) {
    return from(spec, false);
  }

  /**
   * The plan of a specification.
   *
   * @param rewardModel whether the model scores texts and writes none
   * @throws EvaluationException as above; {@code metric_needs_language_model}, {@code
   *     metric_needs_reward_model}
   */
  public static Plan from(EvaluationSpec given, boolean rewardModel) {
    EvaluationSpec spec = complete(given);
    List<Metric> metrics = metrics(spec.metrics(), rewardModel);
    require(
        !metrics.contains(Metrics.REWARD) || spec.reward() != null,
        "reward",
        "how answers are scored, for the metric reward");
    return new Plan(
        metrics,
        spec.split(),
        Optional.ofNullable(spec.maxItems()),
        spec.fewShot(),
        spec.maxNewTokens(),
        choices(spec.choices()),
        gate(spec.gate()),
        spec.seed());
  }

  /** With every default, each setting checked by itself. */
  private static EvaluationSpec complete(EvaluationSpec given) {
    try {
      return Settings.withDefaults(given);
    } catch (InvalidSpecException e) {
      ErrorDetail first = e.problems().get(0);
      throw new EvaluationException("invalid_spec", e.getMessage(), "spec." + first.param());
    }
  }

  /**
   * How answers are scored for a metric. Beside the metric {@code reward} the metric {@code
   * exact_match} is what its name says.
   */
  public static RewardSpec reward(EvaluationSpec spec, AnswerMetric metric) {
    boolean own =
        metric.equals(Metrics.REWARD)
            || spec.metrics() == null
            || !spec.metrics().contains(Metrics.REWARD.wireName());
    return own && spec.reward() != null ? spec.reward() : new RewardSpec.ExactMatch(false, false);
  }

  private static List<Metric> metrics(List<String> names, boolean rewardModel) {
    if (names == null) {
      return List.of(rewardModel ? Metrics.REWARD_ACCURACY : Metrics.EXACT_MATCH);
    }
    List<Metric> metrics = named(names);
    for (Metric metric : metrics) {
      if (metric instanceof RewardAccuracy != rewardModel) {
        throw new EvaluationException(
            rewardModel ? "metric_needs_language_model" : "metric_needs_reward_model",
            rewardModel
                ? "%s cannot be measured of a reward model, which scores texts and writes none: ask for reward_accuracy, or leave the metrics out"
                    .formatted(metric.wireName())
                : "%s is measured of reward models alone, and this one writes texts: preference_accuracy measures the same by likelihoods"
                    .formatted(metric.wireName()),
            "spec.metrics");
      }
    }
    return metrics;
  }

  private static List<Metric> named(List<String> names) {
    Set<Metric> metrics = new LinkedHashSet<>();
    for (String name : names) {
      metrics.add(
          Metrics.named(name)
              .orElseThrow(() -> new AssertionError("no metric for the setting's word " + name)));
    }
    require(!metrics.isEmpty(), "metrics", "at least one metric");
    return List.copyOf(metrics);
  }

  private static List<String> choices(List<String> choices) {
    if (choices == null) {
      return List.of();
    }
    require(
        choices.size() == new LinkedHashSet<>(choices).size()
            && choices.stream().noneMatch(c -> c == null || c.isEmpty()),
        "choices",
        "distinct, not empty texts");
    return choices;
  }

  private static PromotionGate gate(EvaluationSpec.Gate gate) {
    if (gate == null) {
      return new PromotionGate(null, null);
    }
    require(gate.maxPValue() == null || gate.maxPValue() > 0, "gate.maxPValue", "above 0, not 0");
    return new PromotionGate(gate.minGain(), gate.maxPValue());
  }

  private static void require(boolean condition, String field, String expected) {
    if (!condition) {
      throw new EvaluationException(
          "invalid_spec", field + ": expected " + expected, "spec." + field);
    }
  }
}
