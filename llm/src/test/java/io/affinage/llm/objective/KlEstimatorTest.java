package io.affinage.llm.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Estimates of a divergence, in expectation over a vocabulary that can be enumerated. */
class KlEstimatorTest {
  private static final int VOCABULARY = 7;
  private static final double[] LOGITS = new Random(3).doubles(VOCABULARY, -2, 2).toArray();
  private static final double[] REFERENCE =
      logp(new Random(4).doubles(VOCABULARY, -2, 2).toArray());

  private static double[] logp(double[] logits) {
    double sum = 0;
    for (double logit : logits) {
      sum += Math.exp(logit);
    }
    double[] found = new double[logits.length];
    for (int i = 0; i < found.length; i++) {
      found[i] = logits[i] - Math.log(sum);
    }
    return found;
  }

  private static double divergence(double[] logits) {
    double[] p = logp(logits);
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      sum += Math.exp(p[i]) * (p[i] - REFERENCE[i]);
    }
    return sum;
  }

  private static double slope(int logit) {
    double[] moved = LOGITS.clone();
    moved[logit] += 1e-5;
    double above = divergence(moved);
    moved[logit] -= 2e-5;
    return (above - divergence(moved)) / 2e-5;
  }

  /** The expectation under the model of the derivative by a logit, weighted as a loss is. */
  private static double expected(KlEstimator estimator, int logit, boolean corrected) {
    double[] p = logp(LOGITS);
    double sum = 0;
    for (int token = 0; token < VOCABULARY; token++) {
      double d = p[token] - REFERENCE[token];
      double byLogp =
          corrected
              ? estimator.inLoss(d, 0).byLogp()
              : (estimator.of(d + 1e-6) - estimator.of(d - 1e-6)) / 2e-6;
      double logpByLogit = (token == logit ? 1 : 0) - Math.exp(p[logit]);
      sum += Math.exp(p[token]) * byLogp * logpByLogit;
    }
    return sum;
  }

  /** On-policy the three have one gradient, that of the divergence: rlhf point 5. */
  @ParameterizedTest
  @EnumSource(KlEstimator.class)
  void shouldHaveTheGradientOfTheDivergenceInExpectation(KlEstimator estimator) {
    for (int logit = 0; logit < VOCABULARY; logit++) {
      assertThat(expected(estimator, logit, true)).isCloseTo(slope(logit), within(1e-8));
    }
  }

  /** Without the ratio k1 pulls nowhere, whatever the reference is: rlhf point 5. */
  @Test
  void shouldSeeThatK1AloneIgnoresTheReference() {
    for (int logit = 0; logit < VOCABULARY; logit++) {
      assertThat(expected(KlEstimator.K1, logit, false)).isCloseTo(0, within(1e-9));
    }
    assertThat(slope(0)).isNotCloseTo(0, within(1e-3));
  }

  /** k1 and k3 are right on average, k2 is not; k2 and k3 are never negative. */
  @Test
  void shouldEstimateTheDivergence() {
    double[] p = logp(LOGITS);
    double k1 = 0;
    double k2 = 0;
    double k3 = 0;
    for (int token = 0; token < VOCABULARY; token++) {
      double d = p[token] - REFERENCE[token];
      k1 += Math.exp(p[token]) * KlEstimator.K1.of(d);
      k2 += Math.exp(p[token]) * KlEstimator.K2.of(d);
      k3 += Math.exp(p[token]) * KlEstimator.K3.of(d);
      assertThat(KlEstimator.K2.of(d)).isNotNegative();
      assertThat(KlEstimator.K3.of(d)).isNotNegative();
    }
    assertThat(k1).isCloseTo(divergence(LOGITS), within(1e-12));
    assertThat(k3).isCloseTo(divergence(LOGITS), within(1e-12));
    assertThat(Math.abs(k2 - divergence(LOGITS))).isGreaterThan(1e-2);
  }

  /** Off-policy too: samples of another model, weighted by the ratio. */
  @ParameterizedTest
  @EnumSource(KlEstimator.class)
  void shouldCorrectForTheModelThatSampled(KlEstimator estimator) {
    double[] p = logp(LOGITS);
    double[] old = logp(new Random(8).doubles(VOCABULARY, -2, 2).toArray());
    for (int logit = 0; logit < VOCABULARY; logit++) {
      double sum = 0;
      for (int token = 0; token < VOCABULARY; token++) {
        KlEstimator.Term term =
            estimator.inLoss(p[token] - REFERENCE[token], p[token] - old[token]);
        sum +=
            Math.exp(old[token]) * term.byLogp() * ((token == logit ? 1 : 0) - Math.exp(p[logit]));
      }
      assertThat(sum).isCloseTo(slope(logit), within(1e-8));
    }
  }

  /** What is far off but costs nothing is no NaN: rlhf point 7. */
  @ParameterizedTest
  @EnumSource(KlEstimator.class)
  void shouldStayFiniteWhereTheRatioIsNot(KlEstimator estimator) {
    KlEstimator.Term term = estimator.inLoss(0, 2000);
    assertThat(term.value()).isZero();
    if (estimator != KlEstimator.K1) {
      assertThat(term.byLogp()).isZero();
    }
  }
}
