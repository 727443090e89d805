package io.affinage.llm.rollout;

import static io.affinage.llm.error.Hyperparameters.require;

import io.affinage.llm.objective.Advantages;
import io.affinage.llm.objective.KlEstimator;
import io.affinage.llm.objective.Signal;
import io.affinage.llm.objective.TokenRewards;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An answer is compared with the others to its prompt, and all of its tokens are learned alike.
 *
 * @param estimator what an answer is compared with
 * @param normalised whether the advantages of all answers are brought to mean 0 and deviation 1
 * @param beta weight of the divergence from the reference (k1, summed over an answer) as a part of
 *     its reward; 0 for none
 */
public record GroupComparison(Estimator estimator, boolean normalised, double beta)
    implements AdvantageRule {
  private static final TokenRewards REWARDS = new TokenRewards(KlEstimator.K1, 0);

  /** What an answer's reward is compared with. */
  public enum Estimator {
    /** The group's mean, in standard deviations of the group. */
    GROUP,
    /** The group's mean, in standard deviations of all answers. */
    BATCH,
    /** The group's mean. */
    UNSCALED,
    /** The mean of the group's other answers. */
    LEAVE_ONE_OUT
  }

  public GroupComparison {
    require(beta >= 0 && Double.isFinite(beta), "beta", "0 or more", beta);
    require(
        !normalised || estimator == Estimator.LEAVE_ONE_OUT,
        "normalizeAdvantages",
        "false where advantages are scaled otherwise",
        true);
  }

  /** A comparison of rewards as they are. */
  public static GroupComparison of(Estimator estimator) {
    return new GroupComparison(estimator, false, 0);
  }

  @Override
  public Set<Signal> reads() {
    return beta > 0 ? Set.of(Signal.REFERENCE_LOGP) : Set.of();
  }

  @Override
  public double firstCoefficient() {
    return beta;
  }

  @Override
  public int leastGroup() {
    return 2;
  }

  @Override
  public Learned of(List<List<ScoredRollout>> groups, double coefficient) {
    List<double[]> rewards =
        groups.stream()
            .map(group -> group.stream().mapToDouble(each -> reward(each, coefficient)).toArray())
            .toList();
    List<double[]> advantages =
        switch (estimator) {
          case GROUP -> Advantages.ofGroups(rewards, Advantages.Scale.GROUP);
          case BATCH -> Advantages.ofGroups(rewards, Advantages.Scale.BATCH);
          case UNSCALED -> Advantages.ofGroups(rewards, Advantages.Scale.NONE);
          case LEAVE_ONE_OUT -> Advantages.leaveOneOut(rewards, normalised);
        };
    List<List<Map<Signal, float[]>>> signals = new ArrayList<>();
    for (int g = 0; g < groups.size(); g++) {
      List<Map<Signal, float[]>> own = new ArrayList<>();
      for (int m = 0; m < groups.get(g).size(); m++) {
        ScoredRollout each = groups.get(g).get(m);
        float[] advantage = new float[each.tokens()];
        Arrays.fill(advantage, (float) advantages.get(g)[m]);
        own.add(each.isScored() ? Map.of(Signal.ADVANTAGE, advantage) : Map.of());
      }
      signals.add(own);
    }
    return new Learned(signals, metrics(groups), coefficient);
  }

  private double reward(ScoredRollout each, double coefficient) {
    return beta == 0 || !each.isScored()
        ? each.score()
        : each.score() - coefficient * divergence(each);
  }

  private static double divergence(ScoredRollout each) {
    return Arrays.stream(
            REWARDS.divergence(each.logp(), each.rollout().signals().get(Signal.REFERENCE_LOGP)))
        .sum();
  }

  private Map<String, Double> metrics(List<List<ScoredRollout>> groups) {
    return beta == 0
        ? Map.of()
        : Map.of(
            "kl",
            groups.stream()
                .flatMap(List::stream)
                .mapToDouble(GroupComparison::divergence)
                .average()
                .orElse(0));
  }
}
