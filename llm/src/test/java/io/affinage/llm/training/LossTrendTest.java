package io.affinage.llm.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LossTrendTest {
  @Test
  void shouldTellOnceOfALossThatLeavesWhereItWas() {
    LossTrend trend = new LossTrend();
    int told = 0;
    for (int step = 0; step < 200; step++) {
      told += trend.risesWith(7 + step) ? 1 : 0;
    }
    assertThat(told).isEqualTo(1);
    assertThat(trend.average()).isGreaterThan(2 * trend.lowest());
  }

  @Test
  void shouldTakeNoiseAndGapsForNoRise() {
    LossTrend trend = new LossTrend();
    assertThat(IntStream.range(0, 500).mapToObj(step -> trend.risesWith(noisy(step))))
        .containsOnly(false);
  }

  /** Falls from 3 to 0.1, half as high again at every third step, with a step that is skipped. */
  private static double noisy(int step) {
    double falling = 0.1 + 2.9 * Math.exp(-step / 100.0);
    return step == 50 ? Double.NaN : step % 3 == 0 ? 1.5 * falling : falling;
  }
}
