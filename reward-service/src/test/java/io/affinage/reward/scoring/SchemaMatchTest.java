package io.affinage.reward.scoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SchemaMatchTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ORDER =
      """
      {"type":"object","required":["item","count"],"additionalProperties":false,
       "properties":{"item":{"type":"string","pattern":"^[a-z]+$"},"count":{"$ref":"#/$defs/n"}},
       "$defs":{"n":{"type":"integer","minimum":1}}}
      """;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"item\":\"pen\",\"count\":2}|1",
        "{\"item\":\"pen\",\"count\":0}|0",
        "{\"item\":\"Pen\",\"count\":2}|0",
        "{\"item\":\"pen\"}|0",
        "{\"item\":\"pen\",\"count\":2,\"x\":1}|0",
        "[]|0",
        "{\"item\":\"pen\",\"count\":2} and more|0",
        "{\"item\":|0",
        "Sure! Here it is|0",
      })
  void shouldValidate(String completion, double value) {
    Score score = new SchemaMatch(json(ORDER)).scoreOne(new Candidate("p", completion, null));
    assertThat(((Score.Value) score).value()).as(score.detail()).isEqualTo(value);
  }

  @Test
  void shouldAllowSpaceAroundTheValueButNotNothing() {
    SchemaMatch any = new SchemaMatch(json("true"));
    assertThat(any.scoreOne(new Candidate("p", " 1\n", null)))
        .isEqualTo(Score.of(true, "satisfies the schema"));
    assertThat(any.scoreOne(new Candidate("p", "", null)))
        .isEqualTo(Score.of(false, "not JSON: empty"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "3",
        "null",
        "{\"type\":\"strnig\"}",
        "{\"minLength\":-1}",
        "{\"pattern\":\"(\"}",
        "{\"$ref\":\"http://127.0.0.1:1/schema.json\"}",
        "{\"$ref\":\"file:///etc/passwd\"}",
        "{\"$ref\":\"#/$defs/absent\"}",
      })
  void shouldRefuseASchema(String schema) {
    assertThatThrownBy(() -> new SchemaMatch(json(schema)))
        .isInstanceOfSatisfying(
            InvalidRewardException.class,
            e -> assertThat(e.code()).isIn("invalid_schema", "invalid_pattern"));
  }

  @Test
  void shouldNotHangOnCatastrophicPatterns() {
    SchemaMatch reward = new SchemaMatch(json("{\"type\":\"string\",\"pattern\":\"^(a+)+$\"}"));
    Score score = reward.scoreOne(new Candidate("p", "\"" + "a".repeat(5_000) + "!\"", null));
    assertThat(((Score.Value) score).value()).isZero();
  }

  @Test
  void shouldSurviveEndlessReferencesAndDeepValues() {
    assertThat(scoredOrRefused("{\"$ref\":\"#\"}", "1")).isNotNull();
    assertThat(scoredOrRefused("true", "[".repeat(100_000))).isNotNull();
    assertThat(scoredOrRefused("{\"items\":{\"$ref\":\"#\"}}", "[".repeat(900) + "]".repeat(900)))
        .isNotNull();
  }

  private static String scoredOrRefused(String schema, String completion) {
    try {
      return new SchemaMatch(json(schema)).scoreOne(new Candidate("p", completion, null)).detail();
    } catch (InvalidRewardException e) {
      return e.getMessage();
    }
  }

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }
}
