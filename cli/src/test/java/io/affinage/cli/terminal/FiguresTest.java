package io.affinage.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class FiguresTest {
  @Test
  void shouldWriteWholeNumbersWholeAndOthersShort() {
    assertThat(Figures.of(Map.of("steps", 1500.0, "loss", 0.03836613, "dropped", 0.0)))
        .isEqualTo("dropped 0, loss 0.03837, steps 1,500");
  }

  @Test
  void shouldShowWhatIsNoNumber() {
    assertThat(Figures.of(Map.of("loss", Double.NaN, "bound", Double.POSITIVE_INFINITY)))
        .isEqualTo("bound Infinity, loss NaN");
  }
}
