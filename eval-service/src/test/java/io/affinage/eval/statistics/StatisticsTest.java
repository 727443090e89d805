package io.affinage.eval.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/** Against SciPy's values; make_scipy_fixture.py beside the fixture made them. */
class StatisticsTest {
  private static final JsonNode SCIPY = fixture();

  @Test
  void shouldGiveSciPysPermutationPValues() {
    int cases = 0;
    for (JsonNode test : SCIPY.get("tests")) {
      double[] differences = numbers(test.get("differences"));
      double expected = test.get("pValue").asDouble();
      double p = SignFlipTest.pValue(differences, 11);
      // Sampled values differ by the sampling error of both sides, four standard errors here.
      double error = 4 * Math.sqrt(2 * expected * (1 - expected) / SignFlipTest.SAMPLES) + 2e-5;
      double slack = test.get("exact").asBoolean() ? 1e-9 : error;
      assertThat(p).as(test.toString()).isCloseTo(expected, within(slack));
      cases++;
    }
    assertThat(cases).isEqualTo(9);
  }

  @Test
  void shouldGiveSciPysBootstrapIntervalsOfMeans() {
    for (JsonNode mean : SCIPY.get("means")) {
      double[] values = numbers(mean.get("values"));
      double spread = deviation(values) / Math.sqrt(values.length);
      // Means of zeros and ones lie on a lattice: where the quantile falls between two of its
      // points, NumPy too gives the one or the other, depending on the seed.
      boolean lattice = Arrays.stream(values).allMatch(v -> v == 0 || v == 1);
      double slack = lattice ? 1.0 / values.length + 1e-9 : 0.03 * spread;
      Interval interval = new Bootstrap(100_000, 0.95, 5).ofMean(values);
      assertThat(interval.low()).isCloseTo(mean.get("low").asDouble(), within(slack));
      assertThat(interval.high()).isCloseTo(mean.get("high").asDouble(), within(slack));
    }
  }

  @Test
  void shouldGiveSciPysBootstrapIntervalOfPerplexity() {
    for (JsonNode ratio : SCIPY.get("ratios")) {
      double low = ratio.get("low").asDouble();
      double high = ratio.get("high").asDouble();
      Interval interval =
          new Bootstrap(100_000, 0.95, 5)
              .ofSums(
                  numbers(ratio.get("nll")),
                  numbers(ratio.get("tokens")),
                  (loss, tokens) -> Math.exp(loss / tokens));
      assertThat(interval.low()).isCloseTo(low, within(0.015 * (high - low)));
      assertThat(interval.high()).isCloseTo(high, within(0.015 * (high - low)));
    }
  }

  @Test
  void shouldRepeatWithTheSameSeedAndOnlyThen() {
    double[] values = IntStream.range(0, 60).mapToDouble(i -> Math.sin(i) + 0.2).toArray();
    assertThat(Bootstrap.standard(1).ofMean(values))
        .isEqualTo(Bootstrap.standard(1).ofMean(values));
    assertThat(Bootstrap.standard(1).ofMean(values))
        .isNotEqualTo(Bootstrap.standard(2).ofMean(values));
    assertThat(SignFlipTest.pValue(values, 1)).isEqualTo(SignFlipTest.pValue(values, 1));
  }

  @Test
  void shouldAgreeBetweenExactAndSampled() {
    double[] few = {0.3, -0.1, 0.8, 0.45, -0.25, 0.9, 0.05, 0.31, -0.6, 0.72, 0.11, 0.2};
    double exact = SignFlipTest.pValue(few, 0);
    // The same with eight tiny differences more, which exceeds what is enumerated.
    double[] many = Arrays.copyOf(few, few.length + 8);
    Arrays.fill(many, few.length, many.length, 1e-9);
    assertThat(SignFlipTest.pValue(many, 3)).isCloseTo(exact, within(0.02));
  }

  @Test
  void shouldHandleTheEdges() {
    assertThat(SignFlipTest.pValue(new double[0], 0)).isEqualTo(1);
    assertThat(SignFlipTest.pValue(new double[] {0, 0}, 0)).isEqualTo(1);
    assertThat(SignFlipTest.pValue(new double[] {1}, 0)).isEqualTo(1);
    double[] allBetter = new double[3_000];
    Arrays.fill(allBetter, 1);
    assertThat(SignFlipTest.pValue(allBetter, 0)).isPositive().isLessThan(1e-100);
    assertThat(Bootstrap.standard(0).ofMean(new double[] {0.5})).isEqualTo(new Interval(0.5, 0.5));
    assertThatThrownBy(() -> Bootstrap.standard(0).ofMean(new double[0]))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static double deviation(double[] values) {
    double mean = Arrays.stream(values).average().orElseThrow();
    return Math.sqrt(
        Arrays.stream(values).map(v -> (v - mean) * (v - mean)).average().orElseThrow());
  }

  private static double[] numbers(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false)
        .mapToDouble(JsonNode::asDouble)
        .toArray();
  }

  private static JsonNode fixture() {
    try (InputStream in = StatisticsTest.class.getResourceAsStream("/statistics/scipy.json")) {
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
