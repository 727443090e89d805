package io.affinage.reward.scoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FormatMatchTest {
  private static final String R1 = "<think>…</think><answer>…</answer>";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'<think>a</think><answer>b</answer>' | 1",
        "'<think>\na\nb\n</think>\n<answer>\nb\n</answer>\n' | 1",
        "'\n <think>a</think>  <answer>b</answer>' | 1",
        "'<think>a</think><answer>b</answer> and more' | 0",
        "'Well: <think>a</think><answer>b</answer>' | 0",
        "'<think>a</think> so <answer>b</answer>' | 0",
        "'<answer>b</answer><think>a</think>' | 0",
        "'<think>a<answer>b</answer>' | 0",
        "'<think></think><answer>b</answer>' | 0",
        "'<think>a</think><answer> \n</answer>' | 0",
        "'<think>a</think><answer>b</answer><answer>c</answer>' | 0",
        "'<think>a<think>b</think><answer>c</answer>' | 0",
        "'<Think>a</Think><answer>b</answer>' | 0",
        "'' | 0"
      })
  void shouldHoldTheWholeCompletionToTheTemplate(String completion, double value) {
    assertThat(score(new FormatMatch(R1, null, null, false, false), completion)).isEqualTo(value);
    assertThat(
            score(
                new FormatMatch(
                    "<think>...</think>\n<answer>...</answer>", null, null, false, false),
                completion))
        .isEqualTo(value);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'<think>a</think>b' | 1",
        "'<think>\nreasoning\n</think>\nThis is my answer.' | 1",
        "'<think>\nreasoning\nThis is my answer.' | 0",
        "'<think>a</think>' | 0",
        "'<think>a<think>b</think>c' | 0"
      })
  void shouldTakeAnythingAtTheEndWhereTheTemplateEndsSo(String completion, double value) {
    assertThat(score(new FormatMatch("<think>…</think>…", null, null, false, false), completion))
        .isEqualTo(value);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'<think>a</think><answer>b</answer>' | 1",
        "'<think>a</think><answer>b</answer> more' | 0.8",
        "'<think>a</think><answer>b' | 0.6",
        "'<think>a</think>' | 0.4",
        "'a</think><answer>b</answer>' | 0",
        "'<think><think>a</think><answer>b</answer>' | 0",
        "'b' | 0"
      })
  void shouldGiveAShareForLiteralsWhenPartial(String completion, double value) {
    assertThat(score(new FormatMatch(R1, null, null, true, false), completion))
        .isEqualTo(value, org.assertj.core.data.Offset.offset(1e-12));
  }

  @Test
  void shouldPutBeforeWhatThePromptHasBegun() {
    FormatMatch reward = new FormatMatch(R1, null, "<think>\n", false, false);
    assertThat(score(reward, "a</think><answer>b</answer>")).isEqualTo(1);
    assertThat(score(reward, "<think>a</think><answer>b</answer>")).isEqualTo(0);
  }

  @Test
  void shouldAllowNothingWhereAsked() {
    FormatMatch reward = new FormatMatch(R1, null, null, false, true);
    assertThat(score(reward, "<think></think><answer> </answer>")).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "<a>.*</a> | '<a>x\ny</a>' | 1",
        "<a>.*</a> | 'x <a>y</a>' | 0",
        "<a>.*</a> | '  <a>y</a>\n' | 1",
        "[a-z]+ | 'yes' | 1",
        "[a-z]+ | 'yes, no' | 0"
      })
  void shouldHoldTheWholeCompletionToThePattern(String pattern, String completion, double value) {
    assertThat(score(new FormatMatch(null, pattern, null, false, false), completion))
        .isEqualTo(value);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "null",
      value = {
        "null | null | false | invalid_format | either a template or a pattern",
        "<a>…</a> | x | false | invalid_format | either a template or a pattern",
        "null | x | true | invalid_format | not for a pattern",
        "… | null | false | invalid_format | literal texts",
        "'#…##' | null | false | invalid_format | cannot tell '#' from '##'",
        "null | x)(y | false | invalid_pattern | RE2",
        "null | ( | false | invalid_pattern | RE2",
        "null | (?!x) | false | invalid_pattern | RE2"
      })
  void shouldRefuse(String template, String pattern, boolean partial, String code, String why) {
    assertThatThrownBy(() -> new FormatMatch(template, pattern, null, partial, false))
        .isInstanceOfSatisfying(
            InvalidRewardException.class, e -> assertThat(e.code()).isEqualTo(code))
        .hasMessageContaining(why);
  }

  @Test
  void shouldEndWithItsBudget() {
    FormatMatch reward = new FormatMatch(R1, null, null, true, false);
    Score score = reward.scoreOne(new Candidate("p", "<think>".repeat(200_000), null));
    assertThat(((Score.Unscorable) score).code()).isEqualTo("budget_exhausted");
  }

  private static double score(Reward reward, String completion) {
    return ((Score.Value) reward.scoreOne(new Candidate("p", completion, null))).value();
  }
}
