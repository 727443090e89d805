package io.affinage.reward.scoring.ifeval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Against what IFEval's own checkers said; {@code src/test/python/ifeval_fixture.py} asked them.
 */
class InstructionsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Set<String> NEED_A_MODEL =
      Set.of(
          "language:response_language",
          "change_case:english_capital",
          "change_case:english_lowercase");

  static List<JsonNode> examples() throws IOException {
    List<JsonNode> examples = new ArrayList<>();
    try (var lines =
        JSON.readerFor(JsonNode.class)
            .<JsonNode>readValues(
                InstructionsTest.class.getResourceAsStream("/ifeval/examples.jsonl"))) {
      lines.forEachRemaining(examples::add);
    }
    return examples;
  }

  @ParameterizedTest
  @MethodSource("examples")
  void shouldSayWhatTheReferenceSays(JsonNode example) {
    String response = example.get("response").textValue();
    Check check = Instructions.check(instruction(example));
    assertThat(!response.isBlank() && check.isFollowed(response))
        .isEqualTo(example.get("followed").booleanValue());
  }

  @Test
  void shouldHaveBeenAskedForEachInstructionBothWays() throws IOException {
    Set<String> followed = new TreeSet<>();
    Set<String> missed = new TreeSet<>();
    for (JsonNode example : examples()) {
      (example.get("followed").booleanValue() ? followed : missed)
          .add(example.get("id").textValue());
    }
    assertThat(followed).isEqualTo(Instructions.supported());
    assertThat(missed).isEqualTo(Instructions.supported());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "language:response_language | {\"language\": \"de\"} | needs a model that tells languages",
        "change_case:english_capital | {} | these can: change_case:capital_word_frequency, ",
        "keywords:exist | {} | is no instruction",
        "keywords:existence | {} | keywords is missing",
        "keywords:existence | {\"keywords\": null} | keywords is missing",
        "keywords:existence | {\"keywords\": []} | list of 1 to 100",
        "keywords:existence | {\"keywords\": [\"a\"], \"keyword\": \"b\"} | has no argument keyword",
        "keywords:frequency | {\"keyword\": \" \", \"frequency\": 1, \"relation\": \"at least\"} | keyword must be",
        "length_constraints:number_words | {\"num_words\": 1.5, \"relation\": \"at least\"} | whole number",
        "length_constraints:number_words | {\"num_words\": -1, \"relation\": \"at least\"} | whole number",
        "length_constraints:number_words | {\"num_words\": 1, \"relation\": \"at most\"} | 'at least'",
        "keywords:letter_frequency | {\"letter\": \"ab\", \"let_frequency\": 1, \"let_relation\": \"at least\"} | one character",
        "punctuation:no_comma | {\"x\": 1} | has no argument x"
      })
  void shouldRefuseWhatTheReferenceWouldMakeUp(String id, String kwargs, String why)
      throws IOException {
    JsonNode example =
        JSON.createObjectNode()
            .put("id", id)
            .<com.fasterxml.jackson.databind.node.ObjectNode>set("kwargs", JSON.readTree(kwargs));
    assertThatThrownBy(() -> Instructions.check(instruction(example)))
        .isInstanceOf(InvalidInstructionException.class)
        .hasMessageContaining(id)
        .hasMessageContaining(why);
  }

  @ParameterizedTest
  @CsvSource({"!, 1", "!!, 2", "a!b!c!, 3", "x, 0"})
  void shouldCountCharactersThatAreNoLetters(String response, int count) throws IOException {
    for (int least = 0; least < 5; least++) {
      JsonNode kwargs =
          JSON.readTree(
              "{\"letter\": \"!\", \"let_frequency\": %d, \"let_relation\": \"at least\"}"
                  .formatted(least));
      Check check =
          Instructions.check(new Instruction("keywords:letter_frequency", fields(kwargs)));
      assertThat(check.isFollowed(response)).isEqualTo(count >= least);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"See e.g. this one | 1", "Wait... What is it | 2", "Wait... what is it | 1"})
  void shouldCountSentencesByRules(String text, int sentences) {
    assertThat(Sentences.count(text)).isEqualTo(sentences);
  }

  /** Tables of instructions give every argument a column. */
  @Test
  void shouldTakeNullsForAbsent() throws IOException {
    JsonNode kwargs = JSON.readTree("{\"num_words\": null, \"keywords\": null}");
    Check check = Instructions.check(new Instruction("punctuation:no_comma", fields(kwargs)));
    assertThat(check.isFollowed("no comma")).isTrue();
  }

  /** Its 541 prompts name nothing that is refused but what needs a model. */
  @Test
  void shouldTakeEveryInstructionOfIfEval() throws IOException {
    Path file =
        Path.of(
            System.getProperty("affinage.shared", "absent"), "data/eval-ifeval/input_data.jsonl");
    assumeTrue(Files.isReadable(file), "skipped: " + file + " is absent (affinage.shared)");
    int taken = 0;
    for (String line : Files.readAllLines(file)) {
      JsonNode row = JSON.readTree(line);
      for (int i = 0; i < row.get("kwargs").size(); i++) {
        String id = row.get("instruction_id_list").get(i).textValue();
        if (!NEED_A_MODEL.contains(id)) {
          Instructions.check(new Instruction(id, fields(row.get("kwargs").get(i))));
          taken++;
        }
      }
    }
    assertThat(taken).isEqualTo(739);
  }

  private static Instruction instruction(JsonNode example) {
    return new Instruction(example.get("id").textValue(), fields(example.get("kwargs")));
  }

  private static Map<String, JsonNode> fields(JsonNode object) {
    Map<String, JsonNode> fields = new HashMap<>();
    object.properties().forEach(field -> fields.put(field.getKey(), field.getValue()));
    return fields;
  }
}
