package io.affinage.reward.scoring;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExactMatchTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Paris|Paris|false|false|1",
        "'  Paris\n'|Paris|false|false|1",
        "paris|Paris|false|false|0",
        "paris|Paris|true|false|1",
        "Paris.|Paris|true|false|0",
        "Paris.|paris|true|true|1",
        "'New   York!'|'new york'|true|true|1",
        "NewYork|'New York'|true|true|0",
        "\u03a3\u038a\u03a3\u03a5\u03a6\u039f\u03a3|\u03c3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2|true|false|1",
      })
  void shouldFoldOnlyWhatWasAsked(
      String completion,
      String reference,
      boolean ignoreCase,
      boolean ignorePunctuation,
      double value) {
    Score score =
        new ExactMatch(ignoreCase, ignorePunctuation)
            .scoreOne(new Candidate("p", completion, reference));
    assertThat(((Score.Value) score).value()).isEqualTo(value);
  }

  @Test
  void shouldNotScoreWithoutReference() {
    assertThat(new ExactMatch(false, false).scoreOne(new Candidate("p", "x", null)))
        .isInstanceOf(Score.Unscorable.class);
  }
}
