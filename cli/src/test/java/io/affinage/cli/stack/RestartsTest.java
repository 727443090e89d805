package io.affinage.cli.stack;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RestartsTest {
  private static final Duration SHORT = Duration.ofSeconds(3);
  private static final Duration LONG = Duration.ofMinutes(1);

  private final Restarts restarts = new Restarts();

  private List<Long> pausesOfShortLives(int count) {
    return Stream.generate(() -> restarts.pauseAfter(SHORT).toSeconds()).limit(count).toList();
  }

  @Test
  void shouldDoubleThePauseUpToABoundAndNeverGiveUp() {
    assertThat(pausesOfShortLives(10))
        .containsExactly(1L, 2L, 4L, 8L, 16L, 32L, 64L, 120L, 120L, 120L);
    assertThat(pausesOfShortLives(1_000)).containsOnly(120L);
    assertThat(restarts.inARow()).isEqualTo(1_010);
  }

  @Test
  void shouldBeginAnewAfterALongLife() {
    pausesOfShortLives(5);

    assertThat(restarts.pauseAfter(LONG)).isEqualTo(Duration.ofSeconds(1));
    assertThat(restarts.inARow()).isEqualTo(1);
  }
}
