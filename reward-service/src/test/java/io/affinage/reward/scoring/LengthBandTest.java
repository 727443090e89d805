package io.affinage.reward.scoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LengthBandTest {

  @ParameterizedTest
  @CsvSource({
    "0,0", "5,0", "6,0.2", "7,0.4", "10,1", "15,1", "20,1", "25,0.75", "30,0.5", "40,0", "400,0"
  })
  void shouldFallLinearlyOutsideTheBand(int length, double value) {
    Score score = new LengthBand(10, 20).scoreOne(new Candidate(null, "x".repeat(length), null));
    assertThat(((Score.Value) score).value()).isEqualTo(value);
  }

  @Test
  void shouldCountCodePoints() {
    Score score =
        new LengthBand(2, 2).scoreOne(new Candidate(null, "\ud83d\ude00\ud83d\ude00", null));
    assertThat(((Score.Value) score).value()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({"-1,5", "6,5", "0,0"})
  void shouldRefuseABand(int min, int max) {
    assertThatThrownBy(() -> new LengthBand(min, max))
        .isInstanceOfSatisfying(
            InvalidRewardException.class, e -> assertThat(e.code()).isEqualTo("invalid_length"));
  }
}
