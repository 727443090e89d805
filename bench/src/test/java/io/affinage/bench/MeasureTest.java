package io.affinage.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MeasureTest {
  @Test
  void shouldPrintOneLineWithTheAgreedFieldsInOrder() {
    Measure measure =
        new Measure(
            "sft.tokens_per_second", 300.0, 150.0, 1, "tokens/s", Measure.Better.HIGHER, null);
    assertThat(measure.toJson())
        .isEqualTo(
            "{\"measure\":\"sft.tokens_per_second\",\"ours\":300.0,\"peer\":150.0,"
                + "\"ratio\":2.0,\"goal\":1.0,\"unit\":\"tokens/s\"}");
  }

  @Test
  void shouldTurnTheRatioWhereLessIsBetter() {
    Measure measure =
        new Measure("sft.peak_memory", 1000.0, 3300.0, 2, "MB", Measure.Better.LOWER, null);
    assertThat(measure.getRatio()).isEqualTo(3.3);
  }

  @Test
  void shouldHaveNoRatioWhereASideIsMissingAndSayWhy() {
    Measure measure =
        new Measure("x", null, 20.0, 1, "tokens/s", Measure.Better.HIGHER, "not there yet");
    assertThat(measure.toJson())
        .isEqualTo(
            "{\"measure\":\"x\",\"ours\":null,\"peer\":20.0,\"ratio\":null,\"goal\":1.0,"
                + "\"unit\":\"tokens/s\",\"note\":\"not there yet\"}");
  }
}
