package io.affinage.llm.rollout;

import static io.affinage.llm.error.Hyperparameters.require;

import io.affinage.llm.objective.GeneralizedAdvantage;
import io.affinage.llm.objective.KlControl;
import io.affinage.llm.objective.Signal;
import io.affinage.llm.objective.TokenRewards;
import io.affinage.llm.objective.Whitening;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Each token is compared with what a head of values expected (PPO, Ziegler et al. 2019): rewards of
 * tokens, advantages by {@link GeneralizedAdvantage}, whitened over the iteration's tokens.
 *
 * @param rewards of tokens
 * @param kl what it costs to leave the reference
 * @param gamma what a reward one token later counts
 * @param lam between the next value alone (0) and all that follows (1)
 * @param whitensRewards whether rewards are brought to deviation 1, their mean kept
 * @param compares whether there is a reference to compare with
 */
public record TokenAdvantages(
    TokenRewards rewards,
    KlControl kl,
    double gamma,
    double lam,
    boolean whitensRewards,
    boolean compares)
    implements AdvantageRule {

  public TokenAdvantages {
    require(gamma >= 0 && gamma <= 1, "gamma", "in [0, 1]", gamma);
    require(lam >= 0 && lam <= 1, "lam", "in [0, 1]", lam);
    require(
        compares || kl.coefficient() == 0,
        "klCoef",
        "0 where there is no reference",
        kl.coefficient());
  }

  @Override
  public Set<Signal> reads() {
    return compares ? Set.of(Signal.REFERENCE_LOGP, Signal.OLD_VALUE) : Set.of(Signal.OLD_VALUE);
  }

  @Override
  public double firstCoefficient() {
    return kl.coefficient();
  }

  @Override
  public int leastGroup() {
    return 1;
  }

  @Override
  public Learned of(List<List<ScoredRollout>> groups, double coefficient) {
    List<ScoredRollout> counted =
        groups.stream()
            .flatMap(List::stream)
            .filter(each -> each.isScored() && each.tokens() > 0)
            .toList();
    List<double[]> divergences = counted.stream().map(this::divergence).toList();
    List<double[]> ofTokens = new ArrayList<>();
    for (int i = 0; i < counted.size(); i++) {
      ScoredRollout each = counted.get(i);
      ofTokens.add(
          TokenRewards.of(
              rewards.score(each.score(), each.ended()), divergences.get(i), coefficient));
    }
    if (whitensRewards) {
      ofTokens = Whitening.of(ofTokens, true);
    }
    List<GeneralizedAdvantage> estimates = new ArrayList<>();
    for (int i = 0; i < counted.size(); i++) {
      estimates.add(GeneralizedAdvantage.of(ofTokens.get(i), values(counted.get(i)), gamma, lam));
    }
    List<double[]> advantages =
        Whitening.of(estimates.stream().map(GeneralizedAdvantage::advantages).toList(), false);
    double divergence = mean(divergences);
    List<List<Map<Signal, float[]>>> signals = new ArrayList<>();
    int at = 0;
    for (List<ScoredRollout> group : groups) {
      List<Map<Signal, float[]>> own = new ArrayList<>();
      for (ScoredRollout each : group) {
        if (!each.isScored() || each.tokens() == 0) {
          own.add(Map.of());
          continue;
        }
        own.add(
            Map.of(
                Signal.ADVANTAGE, floats(advantages.get(at)),
                Signal.RETURN, floats(estimates.get(at).returns())));
        at++;
      }
      signals.add(own);
    }
    return new Learned(
        signals,
        metrics(counted, divergences, estimates, coefficient),
        counted.isEmpty() ? coefficient : kl.next(coefficient, divergence, counted.size()));
  }

  private double[] divergence(ScoredRollout each) {
    return compares
        ? rewards.divergence(each.logp(), each.rollout().signals().get(Signal.REFERENCE_LOGP))
        : new double[each.tokens()];
  }

  private static float[] values(ScoredRollout each) {
    return each.rollout().signals().get(Signal.OLD_VALUE);
  }

  /** Of answers, each summed over its tokens. */
  private static double mean(List<double[]> byAnswer) {
    return byAnswer.stream().mapToDouble(each -> Arrays.stream(each).sum()).average().orElse(0);
  }

  private static float[] floats(double[] values) {
    float[] found = new float[values.length];
    for (int i = 0; i < found.length; i++) {
      found[i] = (float) values[i];
    }
    return found;
  }

  /** By the names that TRL gave them; none where no answer counts. */
  private Map<String, Double> metrics(
      List<ScoredRollout> counted,
      List<double[]> divergences,
      List<GeneralizedAdvantage> estimates,
      double coefficient) {
    Map<String, Double> metrics = new TreeMap<>();
    if (counted.isEmpty()) {
      return metrics;
    }
    double cost = -coefficient * mean(divergences);
    double scores =
        counted.stream()
            .mapToDouble(each -> rewards.score(each.score(), each.ended()))
            .average()
            .orElse(0);
    if (compares) {
      metrics.put("objective/kl", mean(divergences));
      metrics.put("objective/kl_coef", coefficient);
    }
    metrics.put(
        "objective/entropy",
        counted.stream()
            .mapToDouble(each -> -Arrays.stream(each.rollout().answer().logProbabilities()).sum())
            .average()
            .orElse(0));
    metrics.put("objective/non_score_reward", cost == 0 ? 0 : cost);
    metrics.put("objective/scores", scores);
    metrics.put("objective/rlhf_reward", scores + cost);
    metrics.put(
        "val/num_eos_tokens", (double) counted.stream().filter(ScoredRollout::ended).count());
    metrics.put("val/var_explained", explained(counted, estimates));
    return metrics;
  }

  /**
   * How much of what returns vary by the values said beforehand: 1 - variance of their difference /
   * variance of the returns.
   */
  private static double explained(
      List<ScoredRollout> counted, List<GeneralizedAdvantage> estimates) {
    List<Double> returns = new ArrayList<>();
    List<Double> errors = new ArrayList<>();
    for (int i = 0; i < counted.size(); i++) {
      float[] values = values(counted.get(i));
      double[] own = estimates.get(i).returns();
      for (int t = 0; t < own.length; t++) {
        returns.add(own[t]);
        errors.add(own[t] - values[t]);
      }
    }
    double variance = variance(returns);
    return variance == 0 ? 0 : 1 - variance(errors) / variance;
  }

  private static double variance(List<Double> values) {
    double mean = values.stream().mapToDouble(Double::doubleValue).average().orElse(0);
    return values.stream().mapToDouble(v -> (v - mean) * (v - mean)).average().orElse(0);
  }
}
