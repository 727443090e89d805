package io.affinage.llm.data;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RowShapeTest {
  /** Attention takes documents times the square of the longest. */
  @Test
  void shouldHaveLittleRoomThatNoTextUses() {
    for (int length = 1; length < 20_000; length++) {
      RowShape shape = RowShape.of(length);
      assertThat(shape.longest()).isBetween(length, Math.max(length + 63, length * 5 / 4));
      assertThat(shape.nodes()).isGreaterThanOrEqualTo(shape.longest());
      assertThat(shape.documents()).isEqualTo(Math.max(1, 1024 / shape.longest()));
    }
  }
}
