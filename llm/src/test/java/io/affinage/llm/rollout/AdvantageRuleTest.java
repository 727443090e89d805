package io.affinage.llm.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.affinage.llm.generation.GeneratedTokens;
import io.affinage.llm.objective.KlControl;
import io.affinage.llm.objective.KlEstimator;
import io.affinage.llm.objective.Signal;
import io.affinage.llm.objective.TokenRewards;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What scores and signals of an iteration make of its answers, and what is told of it. */
class AdvantageRuleTest {
  private static final RolloutPrompt PROMPT = new RolloutPrompt("p", new int[] {1, 2});

  private static ScoredRollout answer(
      double score, boolean ended, double[] logp, float[] reference, float[] values) {
    return new ScoredRollout(
        new Rollout(
            PROMPT,
            0,
            new GeneratedTokens(
                new int[logp.length],
                logp,
                ended ? GeneratedTokens.Finish.STOP : GeneratedTokens.Finish.LENGTH),
            Map.of(Signal.REFERENCE_LOGP, reference, Signal.OLD_VALUE, values)),
        score);
  }

  private static final ScoredRollout GOOD =
      answer(2, true, new double[] {-1, -2}, new float[] {-1.5f, -2}, new float[] {0.5f, 1});
  private static final ScoredRollout CUT =
      answer(0, false, new double[] {-3}, new float[] {-2}, new float[] {0.25f});
  private static final ScoredRollout UNSCORED =
      answer(Double.NaN, true, new double[] {-9}, new float[] {-1}, new float[] {7});

  private static TokenAdvantages rule(KlControl kl, double penalty, boolean whitens) {
    return new TokenAdvantages(
        new TokenRewards(KlEstimator.K1, penalty), kl, 1, 0.5, whitens, true);
  }

  private static AdvantageRule.Learned learned(AdvantageRule rule, ScoredRollout... answers) {
    List<List<ScoredRollout>> groups = new ArrayList<>();
    for (ScoredRollout each : answers) {
      groups.add(List.of(each));
    }
    return rule.of(groups, rule.firstCoefficient());
  }

  /** Worked by hand: k1 of 0.5, 0 and -1, a coefficient of 0.1, lambda 0.5. */
  @Test
  void shouldLearnTokensByRewardsAndValues() {
    AdvantageRule.Learned learned =
        learned(rule(new KlControl.Fixed(0.1), 0, false), GOOD, CUT, UNSCORED);
    // Last token: 2 - 1 = 1; first: -0.05 + 1 - 0.5 + 0.5 = 0.95. Cut: 0.1 - 0.25 = -0.15.
    float[] returns = learned.signals().get(0).get(0).get(Signal.RETURN);
    assertThat(returns).containsExactly(new float[] {1.45f, 2}, within(1e-6f));
    assertThat(learned.signals().get(1).get(0).get(Signal.RETURN))
        .containsExactly(new float[] {0.1f}, within(1e-6f));
    // Mean 0.6, variance (0.35^2 + 0.4^2 + 0.75^2) / 2 = 0.4225.
    assertThat(learned.signals().get(0).get(0).get(Signal.ADVANTAGE))
        .containsExactly(new float[] {0.35f / 0.65f, 0.4f / 0.65f}, within(1e-5f));
    assertThat(learned.signals().get(1).get(0).get(Signal.ADVANTAGE))
        .containsExactly(new float[] {-0.75f / 0.65f}, within(1e-5f));
    // What has no score counts nowhere: rlhf point 12.
    assertThat(learned.signals().get(2).get(0)).isEmpty();
  }

  /** Each of the names that TRL tells, and the critic's explained variance. */
  @Test
  void shouldTellOfTheIteration() {
    Map<String, Double> told =
        learned(rule(new KlControl.Fixed(0.1), 0, false), GOOD, CUT, UNSCORED).metrics();
    assertThat(told.get("objective/kl")).isCloseTo((0.5 - 1) / 2, within(1e-6));
    assertThat(told.get("objective/kl_coef")).isEqualTo(0.1);
    assertThat(told.get("objective/entropy")).isCloseTo((3 + 3) / 2.0, within(1e-12));
    assertThat(told.get("objective/non_score_reward")).isCloseTo(0.025, within(1e-6));
    assertThat(told.get("objective/scores")).isCloseTo(1, within(1e-12));
    assertThat(told.get("objective/rlhf_reward")).isCloseTo(1.025, within(1e-6));
    assertThat(told.get("val/num_eos_tokens")).isEqualTo(1);
    // Returns 1.45, 2, 0.1; values 0.5, 1, 0.25: errors 0.95, 1, -0.15.
    double returns = variance(1.45, 2, 0.1);
    assertThat(told.get("val/var_explained"))
        .isCloseTo(1 - variance(0.95, 1, -0.15) / returns, within(1e-5));
    ScoredRollout known = answer(1, true, new double[] {-1}, new float[] {-1}, new float[] {1});
    ScoredRollout other = answer(-1, true, new double[] {-1}, new float[] {-1}, new float[] {-1});
    assertThat(
            learned(rule(new KlControl.Fixed(0.1), 0, false), known, other)
                .metrics()
                .get("val/var_explained"))
        .isCloseTo(1, within(1e-9));
  }

  private static double variance(double... values) {
    double mean = java.util.Arrays.stream(values).average().orElseThrow();
    return java.util.Arrays.stream(values)
        .map(v -> (v - mean) * (v - mean))
        .average()
        .orElseThrow();
  }

  @Test
  void shouldTakeThePenaltyOffAnswersWithoutAnEnd() {
    Map<String, Double> told = learned(rule(new KlControl.Fixed(0), 3, false), GOOD, CUT).metrics();
    assertThat(told.get("objective/scores")).isCloseTo((2 - 3) / 2.0, within(1e-12));
  }

  @Test
  void shouldWhitenRewardsBeforeAdvantages() {
    AdvantageRule.Learned plain = learned(rule(new KlControl.Fixed(0), 0, false), GOOD, CUT);
    AdvantageRule.Learned whitened = learned(rule(new KlControl.Fixed(0), 0, true), GOOD, CUT);
    // Rewards 0, 2, 0: mean 2/3, deviation sqrt(4/3).
    float last = (float) ((2 - 2 / 3.0) / Math.sqrt(4 / 3.0) + 2 / 3.0);
    assertThat(whitened.signals().get(0).get(0).get(Signal.RETURN)[1])
        .isCloseTo(last, within(1e-5f));
    assertThat(plain.signals().get(0).get(0).get(Signal.RETURN)[1]).isEqualTo(2);
  }

  @Test
  void shouldAdaptTheCoefficient() {
    AdvantageRule.Learned learned =
        learned(rule(new KlControl.Adaptive(0.1, 0.01, 100), 0, false), GOOD, CUT);
    assertThat(learned.nextCoefficient()).isCloseTo(0.1 * (1 - 0.2 * 2 / 100), within(1e-12));
    assertThat(learned(rule(new KlControl.Fixed(0.1), 0, false), GOOD, CUT).nextCoefficient())
        .isEqualTo(0.1);
  }

  /** The divergence is a part of the reward: TRL's RLOO, k1 summed over an answer. */
  @Test
  void shouldTakeTheDivergenceOffARewardBeforeItIsCompared() {
    GroupComparison rule = new GroupComparison(GroupComparison.Estimator.LEAVE_ONE_OUT, false, 0.1);
    assertThat(rule.reads()).isEqualTo(Set.of(Signal.REFERENCE_LOGP));
    AdvantageRule.Learned learned = rule.of(List.of(List.of(GOOD, CUT, UNSCORED)), 0.1);
    double difference = (2 - 0.05) - (0 + 0.1);
    List<Map<Signal, float[]>> group = learned.signals().get(0);
    assertThat((double) group.get(0).get(Signal.ADVANTAGE)[0]).isCloseTo(difference, within(1e-6));
    assertThat((double) group.get(1).get(Signal.ADVANTAGE)[0]).isCloseTo(-difference, within(1e-6));
    assertThat(group.get(2)).isEmpty();
    assertThat(learned.metrics()).containsKey("kl");
  }

  @Test
  void shouldRefuseWhatMakesNoSense() {
    assertThatThrownBy(
            () ->
                new TokenAdvantages(
                    new TokenRewards(KlEstimator.K1, 0),
                    new KlControl.Fixed(0.1),
                    1,
                    1,
                    false,
                    false))
        .hasMessageContaining("klCoef");
    assertThatThrownBy(
            () -> new RolloutSettings(2, 1, 1, 4, Set.of(), GroupComparison.Estimator.GROUP, 1))
        .hasMessageContaining("a group of one has no advantage");
    assertThatThrownBy(
            () ->
                new RolloutSettings(
                    2,
                    1,
                    new RolloutSettings.Updates(1, 3),
                    4,
                    Set.of(),
                    1,
                    false,
                    rule(new KlControl.Fixed(0), 0, false),
                    1))
        .hasMessageContaining("miniBatches");
  }
}
