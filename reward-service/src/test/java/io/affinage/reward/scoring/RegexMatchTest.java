package io.affinage.reward.scoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RegexMatchTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "^a+$|aaa||1",
        "^a+$|aab||0",
        "(?i)answer: *{reference}\\b|Answer:  42|42|1",
        "(?i)answer: *{reference}\\b|Answer: 421|42|0",
        "^{reference}$|a.c|a.c|1",
        "^{reference}$|abc|a.c|0",
        "^{reference}$|x\\Ey|x\\Ey|1",
        "^[{]x{2,3}$|{xx||1",
      })
  void shouldFindThePattern(String pattern, String completion, String reference, double value) {
    Score score = new RegexMatch(pattern).scoreOne(new Candidate("p", completion, reference));
    assertThat(((Score.Value) score).value()).isEqualTo(value);
  }

  @Test
  void shouldNotScoreWithoutTheReferenceThatThePatternNames() {
    assertThat(new RegexMatch("{reference}").scoreOne(new Candidate("p", "x", null)))
        .isInstanceOf(Score.Unscorable.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "(",
        "(?=look)ahead",
        "(a)\\1",
        "a{1001}",
        "((a{1000}){1000}){1000}",
        "(((a{100}){100}){100}){10}",
        "([(]{900}|b{900}){90}",
        "((a{500}b{500}"
      })
  void shouldRefuseAPattern(String pattern) {
    assertThatThrownBy(() -> new RegexMatch(pattern))
        .isInstanceOfSatisfying(
            InvalidRewardException.class, e -> assertThat(e.code()).isEqualTo("invalid_pattern"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(.*a){20}$", "(x+x+)+y"})
  void shouldAnswerPatternsThatHangABacktrackingMatcher(String pattern) {
    Score score =
        new RegexMatch(pattern)
            .scoreOne(new Candidate("p", "a".repeat(5_000) + "x".repeat(5_000) + "!", null));
    assertThat(((Score.Value) score).value()).isZero();
  }

  @Test
  void shouldNotTryAMatchOverTheLimit() {
    Score score =
        new RegexMatch("(a|b|c){1000}$").scoreOne(new Candidate("p", "z".repeat(200_000), null));
    assertThat(score).isInstanceOf(Score.Unscorable.class);
    assertThat(score.detail()).contains("more than the 100000000 steps");
  }

  @Test
  void shouldNotCountRepetitionsInsideClassesAndEscapes() {
    assertThat(
            new RegexMatch("([{(]9{3}\\{1000}\\Q{900}{900}\\E[]x{900}])")
                .scoreOne(new Candidate("p", "nothing", null)))
        .isInstanceOf(Score.Value.class);
  }
}
