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
        "{\"$ref\":\"#\"}",
        "{\"$id\":\"http://example.org/r\",\"x\":{\"y\":{}},\"$ref\":\"/r#/x/y\"}",
        "{\"$dynamicRef\":\"#nowhere\"}",
        "{\"allOf\":[{\"$ref\":\"#/$defs/a\"}],\"$defs\":{\"a\":{\"not\":{\"$ref\":\"#\"}}}}",
        "{\"maximum\":1e999999999}",
        "{\"$defs\":{\"a\":{\"pattern\":\"(\"}},\"items\":{\"$ref\":\"#/$defs/a\"}}",
      })
  void shouldRefuseASchema(String schema) {
    assertThatThrownBy(() -> new SchemaMatch(json(schema)))
        .isInstanceOfSatisfying(
            InvalidRewardException.class,
            e -> assertThat(e.code()).isIn("invalid_schema", "invalid_pattern"));
  }

  /** Eight levels of allOf with eight references each: 1.6 kB, and 8^8 schemas at one place. */
  @ParameterizedTest
  @ValueSource(strings = {"allOf", "anyOf", "oneOf"})
  void shouldCountReferencesWithoutFollowingThem(String keyword) {
    StringBuilder defs = new StringBuilder();
    for (int level = 0; level < 8; level++) {
      String next = "{\"$ref\":\"#/$defs/l" + (level + 1) + "\"}";
      String eight = String.join(",", java.util.Collections.nCopies(8, next));
      defs.append("\"l%d\":{\"%s\":[%s]},".formatted(level, keyword, eight));
    }
    String schema =
        "{\"$ref\":\"#/$defs/l0\",\"$defs\":{%s\"l8\":{\"type\":\"integer\"}}}".formatted(defs);
    assertThat(schema.length()).isLessThan(2_000);
    assertThatThrownBy(() -> new SchemaMatch(json(schema)))
        .isInstanceOfSatisfying(
            InvalidRewardException.class, e -> assertThat(e.code()).isEqualTo("invalid_schema"))
        .hasMessageContaining("apply to one place");
  }

  @Test
  void shouldRefuseWhatIsTooLargeOrDeep() {
    assertThatThrownBy(() -> new SchemaMatch(json("{\"not\":".repeat(101) + "1" + "}".repeat(101))))
        .hasMessageContaining("deep");
    assertThatThrownBy(() -> new SchemaMatch(json("{\"enum\":[" + "1,".repeat(20_000) + "2]}")))
        .hasMessageContaining("20000 values");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",",
        "\"$schema\":\"http://json-schema.org/draft-07/schema#\",",
        "\"$id\":\"http://example.org/tree\",",
      })
  void shouldFollowRecursiveSchemas(String head) {
    SchemaMatch tree =
        new SchemaMatch(
            json(
                "{"
                    + head
                    + "\"type\":\"object\",\"required\":[\"v\"],\"properties\":{\"v\":{\"type\":\"integer\"},"
                    + "\"children\":{\"type\":\"array\",\"items\":{\"$ref\":\"#\"}}}}"));
    assertThat(value(tree, "{\"v\":1,\"children\":[{\"v\":2,\"children\":[{\"v\":3}]}]}")).isOne();
    assertThat(value(tree, "{\"v\":1,\"children\":[{\"v\":2,\"children\":[{}]}]}")).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"1e999999999", "-1e400", "1e-999", "[1, {\"a\": 2e999}]"})
  void shouldNotCompareNumbersBeyondTheirRange(String completion) {
    SchemaMatch any = new SchemaMatch(json("{\"not\":{\"const\":0}}"));
    assertThat(any.scoreOne(new Candidate("p", completion, null)))
        .isInstanceOfSatisfying(
            Score.Unscorable.class, s -> assertThat(s.code()).isEqualTo("number_out_of_range"));
  }

  private static double value(Reward reward, String completion) {
    Score score = reward.scoreOne(new Candidate("p", completion, null));
    assertThat(score).as(score.detail()).isInstanceOf(Score.Value.class);
    return ((Score.Value) score).value();
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
