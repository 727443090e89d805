package io.affinage.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.affinage.bench.HeldOutLosses.Estimate;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HeldOutLossesTest {
  private static final int EXAMPLES = 60;

  @Test
  void shouldWeighExamplesByTheirTokens() {
    HeldOutLosses losses = new HeldOutLosses(new double[] {2, 30}, new double[] {1, 9});
    assertThat(losses.mean().value()).isEqualTo(3.2);
    // A resample is of either example twice, or of both.
    assertThat(losses.mean().interval().low()).isEqualTo(2);
    assertThat(losses.mean().interval().high()).isCloseTo(30 / 9.0, within(1e-12));
  }

  @Test
  void shouldCompareExampleByExample() {
    HeldOutLosses better = losses(0);
    HeldOutLosses worse = losses(0.05);
    Estimate apart = worse.over(better);
    // Every token is worse by as much, so nothing is left to chance, however far examples differ.
    assertThat(apart.value()).isCloseTo(0.05, within(1e-9));
    assertThat(apart.interval().low()).isCloseTo(0.05, within(1e-9));
    assertThat(apart.interval().high()).isCloseTo(0.05, within(1e-9));
    assertThat(better.mean().interval().high() - better.mean().interval().low())
        .isGreaterThan(0.05);
    assertThat(better.over(worse).value()).isCloseTo(-0.05, within(1e-9));
  }

  @Test
  void shouldSayHowMuchIsWonBack() {
    Estimate share = losses(0.03).wonBack(losses(0.05), losses(0)).orElseThrow();
    assertThat(share.value()).isCloseTo(0.4, within(1e-9));
    assertThat(share.interval().low()).isCloseTo(0.4, within(1e-9));
    assertThat(losses(0.06).wonBack(losses(0.05), losses(0)).orElseThrow().value())
        .isCloseTo(-0.2, within(1e-9));
  }

  @Test
  void shouldNotDivideByAGapThatIsNotThere() {
    assertThat(losses(0.03).wonBack(losses(0), losses(0))).isEmpty();
    assertThat(losses(0.03).wonBack(losses(0), losses(0.05))).isEmpty();
  }

  @Test
  void shouldRefuseOtherTokens() {
    HeldOutLosses one = new HeldOutLosses(new double[] {2, 3}, new double[] {1, 2});
    HeldOutLosses other = new HeldOutLosses(new double[] {2, 3}, new double[] {2, 2});
    assertThatThrownBy(() -> one.over(other))
        .isInstanceOf(BenchException.class)
        .hasMessageContaining("3 of 2, and 4 of 2");
  }

  /** Examples that differ by far more than models do. */
  private static HeldOutLosses losses(double above) {
    Random random = new Random(5);
    double[] sums = new double[EXAMPLES];
    double[] targets = new double[EXAMPLES];
    for (int i = 0; i < EXAMPLES; i++) {
      targets[i] = 1 + random.nextInt(40);
      sums[i] = targets[i] * (0.2 + 2 * random.nextDouble() + above);
    }
    return new HeldOutLosses(sums, targets);
  }
}
