package io.affinage.llm.objective;

import static io.affinage.llm.error.Hyperparameters.require;

import io.affinage.llm.data.Group;
import io.affinage.llm.error.LlmException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Proximal policy optimisation (Schulman et al. 2017; of language models Ziegler et al. 2019): the
 * clipped surrogate over tokens, and beside it the clipped squared error of the values that a head
 * gives. Advantages, values as they were, and returns are signals, which the batch brings. Both
 * losses are means over the step's tokens.
 *
 * @param cliprange how far from 1 a ratio counts
 * @param cliprangeValue how far from the value as it was one counts
 * @param vfCoef weight of the loss of values
 * @param klLossCoef weight of the divergence from the reference as a part of this loss; 0 where it
 *     is a part of the reward, or nowhere
 * @param klEstimator of that divergence
 */
public record Ppo(
    double cliprange,
    double cliprangeValue,
    double vfCoef,
    double klLossCoef,
    KlEstimator klEstimator)
    implements Objective {
  /** Above it a ratio is told as this one: its square would be no number any more. */
  private static final double LARGEST_LOG_RATIO = 300;

  public Ppo {
    require(cliprange > 0 && cliprange < 1, "cliprange", "in (0, 1)", cliprange);
    require(cliprangeValue > 0, "cliprangeValue", "above 0", cliprangeValue);
    require(vfCoef >= 0 && Double.isFinite(vfCoef), "vfCoef", "0 or more", vfCoef);
    require(klLossCoef >= 0 && Double.isFinite(klLossCoef), "klLossCoef", "0 or more", klLossCoef);
  }

  @Override
  public String id() {
    return "ppo";
  }

  @Override
  public Set<Signal> needs() {
    Set<Signal> needs =
        EnumSet.of(
            Signal.OLD_LOGP,
            Signal.ADVANTAGE,
            Signal.VALUE,
            Signal.OLD_VALUE,
            Signal.RETURN,
            Signal.ENTROPY);
    if (klLossCoef > 0) {
      needs.add(Signal.REFERENCE_LOGP);
    }
    return needs;
  }

  @Override
  public void requireFit(Group group) {
    if (group.targets() == 0) {
      throw new LlmException(
          "group_does_not_fit", group.id() + " has no token that a policy would have chosen");
    }
  }

  @Override
  public Loss of(ScoredBatch batch) {
    Loss.Sum sum = new Loss.Sum();
    double tokens = Math.max(1, batch.step().targets());
    for (ScoredGroup group : batch.groups()) {
      double loss = 0;
      List<double[]> byLogp = new ArrayList<>();
      List<double[]> byValue = new ArrayList<>();
      Map<String, Double> metrics = new HashMap<>();
      for (ScoredSequence member : group.members()) {
        byLogp.add(new double[member.targets()]);
        byValue.add(new double[member.targets()]);
        for (int t = 0; t < member.targets(); t++) {
          loss +=
              policy(member, t, tokens, byLogp.get(byLogp.size() - 1), metrics)
                  + vfCoef * value(member, t, tokens, byValue.get(byValue.size() - 1), metrics);
        }
      }
      sum.add(loss, byLogp, byValue, metrics);
    }
    return sum.loss();
  }

  private double policy(
      ScoredSequence member,
      int t,
      double tokens,
      double[] derivative,
      Map<String, Double> metrics) {
    double logRatio = (double) member.logp()[t] - member.signal(Signal.OLD_LOGP)[t];
    ClippedSurrogate surrogate =
        ClippedSurrogate.of(logRatio, member.signal(Signal.ADVANTAGE)[t], cliprange, cliprange);
    double loss = surrogate.value() / tokens;
    derivative[t] += surrogate.byLogRatio() / tokens;
    double ratio = Math.exp(Math.min(logRatio, LARGEST_LOG_RATIO));
    add(metrics, "loss/policy_avg", loss);
    add(metrics, "policy/approxkl_avg", logRatio * logRatio / 2 / tokens);
    add(metrics, "policy/clipfrac_avg", (surrogate.low() || surrogate.high() ? 1 : 0) / tokens);
    add(metrics, "policy/entropy_avg", member.signal(Signal.ENTROPY)[t] / tokens);
    add(metrics, "val/ratio", ratio / tokens);
    add(metrics, "val/ratio_var", ratio * ratio / tokens);
    if (klLossCoef > 0) {
      double d = (double) member.logp()[t] - member.signal(Signal.REFERENCE_LOGP)[t];
      KlEstimator.Term term = klEstimator.inLoss(d, logRatio);
      derivative[t] += klLossCoef * term.byLogp() / tokens;
      add(metrics, "loss/kl_avg", term.value() / tokens);
      loss += klLossCoef * term.value() / tokens;
    }
    return loss;
  }

  /** Half the larger of the squared errors of the value and of the value held near the old one. */
  private double value(
      ScoredSequence member,
      int t,
      double tokens,
      double[] derivative,
      Map<String, Double> metrics) {
    double value = member.signal(Signal.VALUE)[t];
    double old = member.signal(Signal.OLD_VALUE)[t];
    double wanted = member.signal(Signal.RETURN)[t];
    double held = Math.min(Math.max(value, old - cliprangeValue), old + cliprangeValue);
    double error = (value - wanted) * (value - wanted);
    double heldError = (held - wanted) * (held - wanted);
    boolean clipped = heldError > error;
    double loss = 0.5 * Math.max(error, heldError) / tokens;
    // Where the value is held the loss does not depend on it.
    derivative[t] += clipped ? 0 : vfCoef * (value - wanted) / tokens;
    add(metrics, "loss/value_avg", loss);
    add(metrics, "val/clipfrac_avg", (clipped ? 1 : 0) / tokens);
    return loss;
  }

  private static void add(Map<String, Double> metrics, String name, double share) {
    metrics.merge(name, share, Double::sum);
  }

  /** The mean of the squared ratios becomes their variance. */
  @Override
  public Map<String, Double> told(Map<String, Double> sums) {
    Map<String, Double> told = new HashMap<>(sums);
    double mean = told.getOrDefault("val/ratio", 0.0);
    told.computeIfPresent("val/ratio_var", (name, square) -> Math.max(0, square - mean * mean));
    return told;
  }
}
