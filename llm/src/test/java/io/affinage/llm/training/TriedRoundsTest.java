package io.affinage.llm.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.affinage.llm.training.TriedRounds.Pass;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class TriedRoundsTest {
  private static final double EXACT = 1e-12;

  private final TriedRounds rounds = new TriedRounds();

  @Test
  void shouldGoOnWhileRoundsBecomeFaster() {
    rounds.add(round(4, 4, 4, 4));
    assertThat(rounds.settled()).isFalse();

    rounds.add(round(3, 3, 3, 3));
    assertThat(rounds.settled()).isFalse();

    rounds.add(round(2.9, 2.9, 2.9, 2.9));
    assertThat(rounds.settled()).isTrue();
    assertThat(rounds.count()).isEqualTo(3);
  }

  @Test
  void shouldSettleWhenARoundIsSlowerThanTheOneBefore() {
    rounds.add(round(2, 2, 2, 2));
    rounds.add(round(3, 3, 3, 3));

    assertThat(rounds.settled()).isTrue();
  }

  @Test
  void shouldCountTheLastTwoRounds() {
    rounds.add(round(9, 9, 9, 9));
    rounds.add(round(3, 3, 3, 3));
    rounds.add(round(2, 2, 2, 2));

    assertThat(rounds.secondsOf(10)).isCloseTo(25, within(EXACT));
  }

  @Test
  void shouldLeaveOutPassesThatOtherWorkDisturbed() {
    rounds.add(round(2, 2, 50, 2));
    rounds.add(round(2, 2, 2, 70));

    assertThat(rounds.secondsOf(10)).isCloseTo(20, within(EXACT));
  }

  @Test
  void shouldMeasureMicroBatchesByTheirWork() {
    rounds.add(List.of(new Pass(1, 2, 0.5), new Pass(4, 8, 0.5)));

    assertThat(rounds.secondsOf(3)).isCloseTo(6, within(EXACT));
    assertThat(rounds.closing()).isCloseTo(0.5, within(EXACT));
  }

  @Test
  void shouldGoByTheOnlyRoundWhereTimeRanOut() {
    rounds.add(round(3));

    assertThat(rounds.secondsOf(2)).isCloseTo(6, within(EXACT));
  }

  private static List<Pass> round(double... seconds) {
    return Arrays.stream(seconds).mapToObj(each -> new Pass(1, each, 0)).toList();
  }
}
