package io.affinage.cli.stack;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RestartsTest {
  private static final Duration SHORT = Duration.ofSeconds(3);
  private static final Duration LONG = Duration.ofMinutes(1);

  private final Restarts restarts = new Restarts();

  private List<Long> pausesOfShortLives(int count) {
    return Stream.generate(() -> restarts.pauseAfter(SHORT))
        .limit(count)
        .map(pause -> pause.map(Duration::toSeconds).orElse(-1L))
        .toList();
  }

  @Test
  void shouldDoubleThePauseAndThenGiveUp() {
    assertThat(pausesOfShortLives(7)).containsExactly(1L, 2L, 4L, 8L, 16L, -1L, -1L);
  }

  @Test
  void shouldBeginAnewAfterALongLife() {
    assertThat(pausesOfShortLives(5)).doesNotContain(-1L);

    assertThat(restarts.pauseAfter(LONG)).isEqualTo(Optional.of(Duration.ofSeconds(1)));
    assertThat(restarts.inARow()).isEqualTo(1);
  }
}
