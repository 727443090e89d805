package io.affinage.reward.scoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.affinage.reward.scoring.FollowedInstructions.Counting;
import io.affinage.reward.scoring.ifeval.Instruction;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FollowedInstructionsTest {
  private static final Instruction NO_COMMA = new Instruction("punctuation:no_comma", Map.of());
  private static final Instruction WORDS =
      new Instruction(
          "length_constraints:number_words",
          Map.of("num_words", new IntNode(3), "relation", new TextNode("at least")));

  @ParameterizedTest
  @CsvSource({"one two three, 1, 1", "'one, two three', 0, 0.5", "'a, b', 0, 0", "'  ', 0, 0"})
  void shouldCountAllOrTheShare(String completion, double all, double mean) {
    List<Instruction> both = List.of(NO_COMMA, WORDS);
    assertThat(score(new FollowedInstructions(both, Counting.ALL, false), completion))
        .isEqualTo(all);
    assertThat(score(new FollowedInstructions(both, Counting.MEAN, false), completion))
        .isEqualTo(mean);
  }

  @ParameterizedTest
  @CsvSource({
    "'Sure, here:\nno comma', 0, 1",
    "'no comma\nBye, you', 0, 1",
    "'Sure,\nno comma\nBye,', 0, 1",
    "'a, b', 0, 0",
    "'Sure,', 0, 0",
    "no comma, 1, 1"
  })
  void shouldForgiveTheFirstAndTheLastLineWhenLoose(
      String completion, double strict, double loose) {
    assertThat(score(new FollowedInstructions(List.of(NO_COMMA), Counting.ALL, false), completion))
        .isEqualTo(strict);
    assertThat(score(new FollowedInstructions(List.of(NO_COMMA), Counting.ALL, true), completion))
        .isEqualTo(loose);
  }

  @Test
  void shouldPreferWhatTheItemBrings() {
    FollowedInstructions reward = new FollowedInstructions(List.of(WORDS), Counting.ALL, false);
    Candidate own = new Candidate("p", "short", null, List.of(NO_COMMA), null);
    assertThat(((Score.Value) reward.scoreOne(own)).value()).isEqualTo(1);
    assertThat(score(reward, "short")).isEqualTo(0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"instruction_id_list\": [\"punctuation:no_comma\"], \"kwargs\": [{\"num_words\": null}]}",
        "[{\"instruction_id\": [\"punctuation:no_comma\"], \"kwargs\": [null]}]",
        "[{\"id\": \"punctuation:no_comma\"}]",
        "{\"id\": \"punctuation:no_comma\", \"kwargs\": {}}"
      })
  void shouldReadInstructionsFromTheReference(String reference) {
    FollowedInstructions reward = new FollowedInstructions(null, Counting.ALL, false);
    assertThat(reward.scoreOne(new Candidate("p", "a b", reference)))
        .isEqualTo(new Score.Value(1, "1 of 1 followed"));
    assertThat(reward.scoreOne(new Candidate("p", "a, b", reference)))
        .isEqualTo(new Score.Value(0, "0 of 1 followed, not punctuation:no_comma"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "null",
      value = {
        "null | missing_instructions",
        "yes | missing_instructions",
        "[] | missing_instructions",
        "{\"instruction_id_list\": [\"punctuation:no_comma\"], \"kwargs\": []} | missing_instructions",
        "[{\"id\": \"punctuation:no_comma\", \"kwargs\": 3}] | missing_instructions",
        "[{\"id\": \"language:response_language\"}] | unsupported_instruction",
        "[{\"id\": \"keywords:existence\"}] | invalid_instruction"
      })
  void shouldFailTheItemAloneThatHasNone(String reference, String code) {
    FollowedInstructions reward = new FollowedInstructions(null, Counting.ALL, false);
    Score score = reward.scoreOne(new Candidate("p", "a b", reference));
    assertThat(score).isInstanceOf(Score.Unscorable.class);
    assertThat(((Score.Unscorable) score).code()).isEqualTo(code);
  }

  @Test
  void shouldRefuseTheRequestWhoseInstructionsCannotBeChecked() {
    List<Instruction> unknown = List.of(new Instruction("keywords:exist", Map.of()));
    assertThatThrownBy(() -> new FollowedInstructions(unknown, Counting.ALL, false))
        .isInstanceOfSatisfying(
            InvalidRewardException.class,
            e -> assertThat(e.code()).isEqualTo("unsupported_instruction"));
  }

  @Test
  void shouldEndWithItsBudget() {
    FollowedInstructions reward = new FollowedInstructions(List.of(WORDS), Counting.ALL, true);
    Score score = reward.scoreOne(new Candidate("p", "a *b*\n".repeat(400_000), null));
    assertThat(((Score.Unscorable) score).code()).isEqualTo("budget_exhausted");
  }

  private static double score(Reward reward, String completion) {
    return ((Score.Value) reward.scoreOne(new Candidate("p", completion, null))).value();
  }
}
