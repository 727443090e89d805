package io.affinage.reward.scoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NumericAnswerTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "the answer is 18.|18",
        "#### 70000|70000",
        "she pays $70,000.|70000",
        "1,234,567.89 in all|1234567.89",
        "1\u00a0000\u00a0000|1000000",
        "1{,}000|1000",
        "lists 1,2,3|3",
        "so 12,3456|3456",
        "-5|-5",
        "\u22125 degrees|-5",
        "10-5|5",
        "x = -  3|3",
        "x = - 3|-3",
        "3/4|0.75",
        "1 1/2 cups|1.5",
        "\\frac{3}{4}|0.75",
        "\\boxed{\\dfrac{1}{8}}|0.125",
        "on 10/12/2020|2020",
        "12.5%|12.5",
        "1e3|1000",
        "2.5E-2|0.025",
        "version 1.2.3|3",
        "$5.00|5",
        "16/2=8|8",
        ".5|0.5",
        "7 apples (not eight)|7",
      })
  void shouldReadTheLastNumber(String text, double expected) {
    assertThat(ParsedNumber.lastIn(text)).isPresent();
    assertThat(ParsedNumber.lastIn(text).get().value()).isCloseTo(expected, within(1e-12));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "none", "-", "%", "/", "$", "one half"})
  void shouldFindNoNumberWhereThereIsNone(String text) {
    assertThat(ParsedNumber.lastIn(text)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "18|18|0|1",
        "18.0|18|0|1",
        "17|18|0|0",
        "17.5|18|0.5|1",
        "17.4|18|0.5|0",
        "50%|50|0|1",
        "50%|0.5|0|1",
        "0.5|50%|0|1",
        "50%|0.5%|0|0",
        "0.5|50|0|0",
        "1/3|\\frac{1}{3}|0|1",
        "0.1|1/10|0|1",
        "no idea|3|0|0",
        "1e999|1e998|0|0",
        "1e999999999|999999999|0|0",
        "1e999999999|1|0|0",
        "1e999999999|1e999999998|1e308|0",
        "1e999999999|10e999999998|0|1",
        "1e99999999999999999999|1|0|0",
        "1e99999999999999999999|99999999999999999999|0|0",
        "1e-999999999|0|0|0",
        "1e-99999999999999999999|0|0.5|0",
        "1e-400/3|0|0|0",
        "0e999999999|0|0|1",
        "1e400%|1e400|0|1",
        "9007199254740993|9007199254740992|0|0",
        "9007199254740993|9007199254740992|1|1",
        "123456789012345678901234567890|123456789012345678901234567891|0|0",
        "1e30|1000000000000000000000000000000|0|1",
        "0.30000000000000004|0.3|0|1",
      })
  void shouldCompare(String completion, String reference, double tolerance, double expected) {
    Score score = new NumericAnswer(tolerance).scoreOne(new Candidate(null, completion, reference));
    assertThat(score).isInstanceOf(Score.Value.class);
    assertThat(((Score.Value) score).value()).isEqualTo(expected);
  }

  @Test
  void shouldNotScoreAgainstAReferenceWithoutNumber() {
    assertThat(new NumericAnswer(0).scoreOne(new Candidate(null, "3", "three")))
        .isInstanceOf(Score.Unscorable.class);
    assertThat(new NumericAnswer(0).scoreOne(new Candidate(null, "3", null)))
        .isInstanceOf(Score.Unscorable.class);
  }

  @ParameterizedTest
  @ValueSource(doubles = {-1, Double.NaN, Double.POSITIVE_INFINITY})
  void shouldRefuseATolerance(double tolerance) {
    assertThatThrownBy(() -> new NumericAnswer(tolerance))
        .isInstanceOfSatisfying(
            InvalidRewardException.class, e -> assertThat(e.code()).isEqualTo("invalid_tolerance"));
  }

  @Test
  void shouldReadLongDigitsInLinearTime() {
    assertThat(ParsedNumber.lastIn("9".repeat(300_000))).isPresent();
    assertThat(ParsedNumber.lastIn("1,".repeat(300_000))).isPresent();
    assertThat(ParsedNumber.lastIn("1/".repeat(300_000))).isPresent();
    assertThat(ParsedNumber.lastIn("- ".repeat(300_000))).isEmpty();
    assertThat(ParsedNumber.lastIn("1e" + "9".repeat(300_000))).isPresent();
    assertThat(ParsedNumber.lastIn("1e9".repeat(100_000))).isPresent();
    assertThat(ParsedNumber.lastIn("1e9.".repeat(100_000))).isPresent();
  }

  /** Every answer of GSM8K's test set, read from the full solution as from the bare number. */
  @Test
  void shouldScoreEveryAnswerOfGsm8k() throws IOException {
    Path file =
        Path.of(System.getProperty("affinage.shared", "absent"), "data/eval-gsm8k/test.jsonl");
    Assumptions.assumeTrue(Files.exists(file), "skipped: no GSM8K in the shared data folder");
    ObjectMapper json = new ObjectMapper();
    NumericAnswer reward = new NumericAnswer(0);
    int rows = 0;
    for (String line : Files.readAllLines(file)) {
      JsonNode row = json.readTree(line);
      String solution = row.get("answer").asText();
      String bare = solution.substring(solution.lastIndexOf("####") + 4).strip();
      double expected = Double.parseDouble(bare.replace(",", ""));
      assertThat(ParsedNumber.lastIn(solution).orElseThrow().value())
          .as(solution)
          .isEqualTo(expected);
      for (String written :
          new String[] {bare, "The answer is $" + bare + ".", "\\boxed{" + bare + "}"}) {
        assertThat(reward.scoreOne(new Candidate(null, written, solution)))
            .as(written)
            .isInstanceOfSatisfying(Score.Value.class, s -> assertThat(s.value()).isEqualTo(1));
      }
      assertThat(reward.scoreOne(new Candidate(null, "So it is " + (expected + 1), solution)))
          .isInstanceOfSatisfying(Score.Value.class, s -> assertThat(s.value()).isZero());
      rows++;
    }
    assertThat(rows).isEqualTo(1319);
  }
}
