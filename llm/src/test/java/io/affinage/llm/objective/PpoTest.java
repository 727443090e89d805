package io.affinage.llm.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** PPO and what its rewards and advantages are, beside {@link SlowPpo}. */
class PpoTest {
  private static final int[] LENGTHS = {3, 6, 1, 5, 6, 2};
  private static final int LONGEST = 6;
  private static final double C = 0.2;
  private static final double C_VALUE = 0.3;
  private static final double VF = 0.1;
  private static final SlowPpo SLOW = new SlowPpo(mask());
  private static final double[][] OLD = random(1, -3, -0.1);
  private static final double[][] LOGP = moved(OLD, 2, 0.5);
  private static final double[][] REFERENCE = moved(OLD, 3, 0.7);
  private static final double[][] OLD_VALUES = random(4, -1, 1);
  private static final double[][] VALUES = moved(OLD_VALUES, 5, 0.8);
  private static final double[] SCORES = {1.5, 0, -2, 0.25, 3, 0};

  private static double[][] mask() {
    double[][] mask = new double[LENGTHS.length][LONGEST];
    for (int i = 0; i < mask.length; i++) {
      Arrays.fill(mask[i], 0, LENGTHS[i], 1);
    }
    return mask;
  }

  /** Numbers that floats have, so that nothing is rounded on the way. */
  private static double[][] random(long seed, double from, double to) {
    Random random = new Random(seed);
    double[][] found = new double[LENGTHS.length][LONGEST];
    for (double[] row : found) {
      Arrays.setAll(row, t -> (float) (from + (to - from) * random.nextDouble()));
    }
    return found;
  }

  private static double[][] moved(double[][] from, long seed, double by) {
    Random random = new Random(seed);
    double[][] found = new double[from.length][];
    for (int i = 0; i < from.length; i++) {
      found[i] =
          Arrays.stream(from[i]).map(v -> (float) (v + by * random.nextGaussian())).toArray();
    }
    return found;
  }

  private static float[] floats(double[] row, int length) {
    float[] found = new float[length];
    for (int t = 0; t < length; t++) {
      found[t] = (float) row[t];
    }
    return found;
  }

  private static List<double[]> ragged(double[][] padded) {
    List<double[]> found = new ArrayList<>();
    for (int i = 0; i < padded.length; i++) {
      found.add(Arrays.copyOf(padded[i], LENGTHS[i]));
    }
    return found;
  }

  private static void assertClose(List<double[]> actual, double[][] expected, double within) {
    for (int i = 0; i < expected.length; i++) {
      assertThat(actual.get(i))
          .as("answer %d", i)
          .containsExactly(Arrays.copyOf(expected[i], LENGTHS[i]), within(within));
    }
  }

  @ParameterizedTest
  @EnumSource(KlEstimator.class)
  void shouldRewardTokensAsTheSlowReference(KlEstimator estimator) {
    TokenRewards rewards = new TokenRewards(estimator, 0);
    List<double[]> found = new ArrayList<>();
    for (int i = 0; i < LENGTHS.length; i++) {
      double[] divergence =
          rewards.divergence(floats(OLD[i], LENGTHS[i]), floats(REFERENCE[i], LENGTHS[i]));
      found.add(TokenRewards.of(SCORES[i], divergence, 0.05));
    }
    String kind = estimator.name().toLowerCase(java.util.Locale.ROOT);
    assertClose(found, SLOW.rewards(OLD, REFERENCE, SCORES, 0.05, kind), 1e-12);
  }

  /** A longer way from the reference costs more: rlhf point 6. */
  @Test
  void shouldRewardStayingNearTheReference() {
    TokenRewards rewards = new TokenRewards(KlEstimator.K1, 0);
    double[] divergence = rewards.divergence(new float[] {-0.1f}, new float[] {-2f});
    assertThat(divergence[0]).isPositive();
    assertThat(TokenRewards.of(0, divergence, 0.5)[0]).isNegative();
    assertThat(TokenRewards.of(0, divergence, 1)[0])
        .isLessThan(TokenRewards.of(0, divergence, 0.5)[0]);
  }

  /** A score of 0 is one, and an answer without an end loses by it: rlhf points 12 and 1. */
  @Test
  void shouldTakeThePenaltyOffAScoreWithoutAnEnd() {
    TokenRewards rewards = new TokenRewards(KlEstimator.K1, 1.5);
    assertThat(rewards.score(0, true)).isZero();
    assertThat(rewards.score(0, false)).isEqualTo(-1.5);
    assertThat(TokenRewards.of(0, new double[] {1, 1}, 0.1)).containsExactly(-0.1, -0.1);
  }

  /** Log-probabilities of one token more or less are refused: rlhf point 8. */
  @Test
  void shouldRefuseLengthsThatDiffer() {
    TokenRewards rewards = new TokenRewards(KlEstimator.K1, 0);
    assertThatThrownBy(() -> rewards.divergence(new float[3], new float[2]))
        .hasMessageContaining("2 log-probabilities of the reference for 3 tokens");
    assertThatThrownBy(() -> GeneralizedAdvantage.of(new double[3], new float[4], 1, 1))
        .hasMessageContaining("3 rewards for 4 values");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.5, 0.95, 1})
  void shouldEstimateAdvantagesAsTheSlowReference(double lambda) {
    double[][] rewards = SLOW.rewards(OLD, REFERENCE, SCORES, 0.05, "k1");
    double[][] expected = SLOW.advantages(rewards, OLD_VALUES, 0.9, lambda);
    List<double[]> advantages = new ArrayList<>();
    for (int i = 0; i < LENGTHS.length; i++) {
      GeneralizedAdvantage found =
          GeneralizedAdvantage.of(
              Arrays.copyOf(rewards[i], LENGTHS[i]),
              floats(OLD_VALUES[i], LENGTHS[i]),
              0.9,
              lambda);
      advantages.add(found.advantages());
      for (int t = 0; t < LENGTHS[i]; t++) {
        assertThat(found.returns()[t])
            .isCloseTo(found.advantages()[t] + OLD_VALUES[i][t], within(1e-12));
      }
    }
    assertClose(advantages, expected, 1e-12);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void shouldWhitenAsTheSlowReference(boolean keepsMean) {
    assertClose(
        Whitening.of(ragged(OLD_VALUES), keepsMean), SLOW.whiten(OLD_VALUES, !keepsMean), 1e-12);
  }

  @Test
  void shouldWhitenWhatIsAlikeToNothing() {
    List<double[]> alike = List.of(new double[] {2, 2}, new double[] {2});
    assertThat(Whitening.of(alike, false).get(0)).containsOnly(0);
    assertThat(Whitening.of(alike, true).get(0)).containsOnly(2);
    assertThat(Whitening.of(List.of(new double[] {3}), false).get(0)).containsExactly(0);
  }

  private static double[][] advantages() {
    return SLOW.whiten(
        SLOW.advantages(SLOW.rewards(OLD, REFERENCE, SCORES, 0.05, "k1"), OLD_VALUES, 1, 0.95),
        true);
  }

  private static double[][] returns() {
    double[][] found =
        SLOW.advantages(SLOW.rewards(OLD, REFERENCE, SCORES, 0.05, "k1"), OLD_VALUES, 1, 0.95);
    for (int i = 0; i < found.length; i++) {
      for (int t = 0; t < LONGEST; t++) {
        found[i][t] += OLD_VALUES[i][t];
      }
    }
    return found;
  }

  private static List<ScoredGroup> groups(double[][] logp, double[][] values) {
    double[][] advantages = advantages();
    double[][] returns = returns();
    List<ScoredGroup> groups = new ArrayList<>();
    for (int i = 0; i < LENGTHS.length; i++) {
      int n = LENGTHS[i];
      float[] entropy = new float[n];
      Arrays.fill(entropy, 0.5f + i);
      groups.add(
          new ScoredGroup(
              List.of(
                  new ScoredSequence(
                      floats(logp[i], n),
                      Map.of(
                          Signal.OLD_LOGP, floats(OLD[i], n),
                          Signal.REFERENCE_LOGP, floats(REFERENCE[i], n),
                          Signal.ADVANTAGE, floats(advantages[i], n),
                          Signal.VALUE, floats(values[i], n),
                          Signal.OLD_VALUE, floats(OLD_VALUES[i], n),
                          Signal.RETURN, floats(returns[i], n),
                          Signal.ENTROPY, entropy)))));
    }
    return groups;
  }

  private static Ppo ppo(double klLoss) {
    return new Ppo(C, C_VALUE, VF, klLoss, KlEstimator.K3);
  }

  @Test
  void shouldEqualTheSlowReference() {
    Loss loss = ppo(0).of(ScoredBatch.whole(groups(LOGP, VALUES)));
    double policy = SLOW.policyLoss(LOGP, OLD, advantages(), C);
    double value = SLOW.valueLoss(VALUES, OLD_VALUES, returns(), C_VALUE);
    assertThat(loss.value()).isCloseTo(policy + VF * value, within(1e-6));
    assertThat(loss.metrics().get("loss/policy_avg")).isCloseTo(policy, within(1e-6));
    assertThat(loss.metrics().get("loss/value_avg")).isCloseTo(value, within(1e-6));
  }

  /** By log-probabilities and by values, with the divergence as a part of the loss and without. */
  @ParameterizedTest
  @ValueSource(doubles = {0, 0.3})
  void shouldHaveTheDerivativesOfItsLoss(double klLoss) {
    Loss loss = ppo(klLoss).of(ScoredBatch.whole(groups(LOGP, VALUES)));
    for (int i = 0; i < LENGTHS.length; i++) {
      for (int t = 0; t < LENGTHS[i]; t++) {
        assertThat(loss.derivatives().get(i).get(0)[t])
            .as("by log p %d of answer %d", t, i)
            .isCloseTo(slope(klLoss, i, t, true), within(2e-4));
        assertThat(loss.valueDerivatives().get(i).get(0)[t])
            .as("by value %d of answer %d", t, i)
            .isCloseTo(slope(klLoss, i, t, false), within(2e-4));
      }
    }
  }

  private static double slope(double klLoss, int i, int t, boolean ofLogp) {
    double h = 1.0 / 1024;
    double[] found = new double[2];
    for (int side = 0; side < 2; side++) {
      double[][] logp = Arrays.stream(LOGP).map(double[]::clone).toArray(double[][]::new);
      double[][] values = Arrays.stream(VALUES).map(double[]::clone).toArray(double[][]::new);
      (ofLogp ? logp : values)[i][t] += side == 0 ? h : -h;
      found[side] = ppo(klLoss).of(ScoredBatch.whole(groups(logp, values))).value();
    }
    return (found[0] - found[1]) / (2 * h);
  }

  /** Whatever the micro-batches are, values included: rlhf point 11. */
  @Test
  void shouldAddUpOverUnevenParts() {
    List<ScoredGroup> groups = groups(LOGP, VALUES);
    ScoredBatch whole = ScoredBatch.whole(groups);
    Loss together = ppo(0.1).of(whole);
    Loss first = ppo(0.1).of(new ScoredBatch(groups.subList(0, 1), whole.step()));
    Loss rest = ppo(0.1).of(new ScoredBatch(groups.subList(1, 6), whole.step()));
    assertThat(first.value() + rest.value()).isCloseTo(together.value(), within(1e-12));
    assertThat(first.valueDerivatives().get(0).get(0))
        .isEqualTo(together.valueDerivatives().get(0).get(0));
    assertThat(rest.valueDerivatives().get(2).get(0))
        .isEqualTo(together.valueDerivatives().get(3).get(0));
    Map<String, Double> sums = new java.util.HashMap<>(first.metrics());
    rest.metrics().forEach((name, share) -> sums.merge(name, share, Double::sum));
    ppo(0.1)
        .told(together.metrics())
        .forEach(
            (name, value) ->
                assertThat(ppo(0.1).told(sums).get(name)).as(name).isCloseTo(value, within(1e-12)));
  }

  /** Each number that is told moves where it should. */
  @Test
  void shouldTellOfTheUpdate() {
    Map<String, Double> still = told(OLD, OLD_VALUES);
    assertThat(still.get("policy/approxkl_avg")).isZero();
    assertThat(still.get("policy/clipfrac_avg")).isZero();
    assertThat(still.get("val/clipfrac_avg")).isZero();
    assertThat(still.get("val/ratio")).isCloseTo(1, within(1e-12));
    assertThat(still.get("val/ratio_var")).isCloseTo(0, within(1e-12));
    double tokens = Arrays.stream(LENGTHS).sum();
    double entropy = 0;
    double squares = 0;
    for (int i = 0; i < LENGTHS.length; i++) {
      entropy += (0.5 + i) * LENGTHS[i] / tokens;
      for (int t = 0; t < LENGTHS[i]; t++) {
        squares += Math.pow(LOGP[i][t] - OLD[i][t], 2) / 2 / tokens;
      }
    }
    assertThat(still.get("policy/entropy_avg")).isCloseTo(entropy, within(1e-6));
    Map<String, Double> moved = told(LOGP, VALUES);
    assertThat(moved.get("policy/approxkl_avg")).isCloseTo(squares, within(1e-6));
    assertThat(moved.get("policy/clipfrac_avg")).isBetween(0.05, 0.95);
    assertThat(moved.get("val/clipfrac_avg")).isBetween(0.05, 0.95);
    assertThat(moved.get("val/ratio_var")).isGreaterThan(0.01);
    assertThat(moved.get("loss/value_avg")).isGreaterThan(still.get("loss/value_avg"));
    assertThat(moved.get("loss/policy_avg")).isNotEqualTo(still.get("loss/policy_avg"));
  }

  private static Map<String, Double> told(double[][] logp, double[][] values) {
    return ppo(0).told(ppo(0).of(ScoredBatch.whole(groups(logp, values))).metrics());
  }

  /** An overflowing ratio is clipped, or tells of a loss that is too large; never of NaN. */
  @Test
  void shouldStayANumberWhereTheRatioIsNone() {
    double[][] far = Arrays.stream(OLD).map(double[]::clone).toArray(double[][]::new);
    far[1][0] = 2000;
    Map<String, Double> told = told(far, VALUES);
    assertThat(told.values()).allSatisfy(value -> assertThat(value).isNotNaN());
    assertThat(told.get("val/ratio_var")).isFinite();
  }

  /** The coefficient follows the divergence; never by more than a fifth. */
  @Test
  void shouldHoldTheDivergenceNearItsTarget() {
    KlControl adaptive = new KlControl.Adaptive(0.2, 6, 100);
    assertThat(adaptive.next(0.2, 6, 10)).isCloseTo(0.2, within(1e-15));
    assertThat(adaptive.next(0.2, 6.6, 10)).isCloseTo(0.2 * 1.01, within(1e-12));
    assertThat(adaptive.next(0.2, 600, 10)).isCloseTo(0.2 * 1.02, within(1e-12));
    assertThat(adaptive.next(0.2, 0, 10)).isCloseTo(0.2 * 0.98, within(1e-12));
    assertThat(new KlControl.Fixed(0.05).next(0.05, 600, 10)).isEqualTo(0.05);
    assertThatThrownBy(() -> new KlControl.Adaptive(0, 6, 100)).hasMessageContaining("klCoef");
  }
}
