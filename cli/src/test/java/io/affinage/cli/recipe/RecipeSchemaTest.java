package io.affinage.cli.recipe;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * Holds {@code docs/recipe.schema.json} to the settings, and recipes to it. With {@code
 * -Daffinage.regenerate=true} it is written anew.
 */
class RecipeSchemaTest {
  private static final Path COMMITTED = Path.of("..", "docs", "recipe.schema.json");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final JsonSchema SCHEMA =
      JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V7).getSchema(RecipeSchema.schema());

  @Test
  void shouldCommitWhatTheSettingsGive() throws IOException {
    String generated = RecipeSchema.schema().toPrettyString() + "\n";
    if (Boolean.getBoolean("affinage.regenerate")) {
      Files.writeString(COMMITTED, generated);
    }
    assertThat(Files.readString(COMMITTED))
        .as("docs/recipe.schema.json; see this class for how to regenerate it")
        .isEqualTo(generated);
  }

  static List<Path> shipped() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("..", "recipes"))) {
      return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("shipped")
  void shouldAcceptTheRecipesThatAreShipped(Path file) throws IOException {
    assertThat(problems(Files.readString(file))).isEmpty();
  }

  /** The recipe that the reader's test reads every field of. */
  @Test
  void shouldAcceptEveryFieldThatTheReaderKnows() throws Exception {
    assertThat(problems(RecipeReaderTest.WHOLE)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "train: {adapter: {lora_alpha: 4, use_rslora: true}}",
        "train: {adapter: {type: lora, alpha: 4, rslora: true}}",
        "train: {objective: {type: dpo, beta: 0.2, label_smoothing: 0.1}}",
        "train: {adapter: {type: prompt_tuning, num_virtual_tokens: 4, init: random}}",
        "sft: {name: a, base: model, max_steps: 3}",
        "dpo: {base: {model: owner/name}, beta: 0.3, dataset: pairs}",
        "evaluate: {metrics: perplexity, dataset: held-out}",
        "evaluate: {reward: {type: json_schema, schema: {type: object, required: [a]}}}",
        "evaluate: {reward: {type: ifeval, instructions: [{id: 'startend:quotation'}]}}",
        "evaluate: {reward: {type: external, topic: reward.external.requested.x, settings: {a: [1]}}}",
        "evaluate: {reward: {type: format, template: '<a>…</a>'}}",
        "grpo: {max_steps: 1, reward: {type: model, model: 'a:b:1'}}",
        "grpo: {reward: {type: ensemble, rewards: [{reward: {type: model, model: 'a:b:1'}, weight: 2}, {name: l, reward: {type: length, min_characters: 1, max_characters: 9}, clip: {low: -1}}]}}",
        "evaluate: {compare: [base, {model: 'a:b'}], model: previous}",
        "evaluate: {metrics: [reward], reward: {type: model, model: 'a:b'}, data: {path: x.csv}}",
        "evaluate:",
      })
  void shouldAcceptWhatTheReaderAccepts(String stage) throws Exception {
    assertThat(problems(recipe(stage))).isEmpty();
    // The reader wants a training before an evaluation.
    RecipeReader.read(
        new java.io.StringReader(
            stage.startsWith("evaluate")
                ? recipe("sft: {max_steps: 1}") + "  - " + stage + "\n"
                : recipe(stage)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "train: {max_step: 3}",
        "train: {rank: 3}",
        "train: {batch_size: 0}",
        "train: {batch_size: 1.5}",
        "train: {schedule: step}",
        "train: {method: rlhf}",
        "train: {adapter: {type: ia3, rank: 8}}",
        "train: {adapter: {type: dorra}}",
        "train: {objective: {beta: 1}}",
        "train: {optimizer: {lr: 1}}",
        "train: {base: last}",
        "train: {base: {stages: sft}}",
        "sft: {objective: {type: dpo}}",
        "dpo: {betta: 0.1}",
        "dpo: {learning_rate: 3}",
        "evaluate: {metrics: [bleu]}",
        "evaluate: {gate: {max_p_value: 2}}",
        "evaluate: {reward: {type: bleurt}}",
        "evaluate: {reward: {type: json_schema}}",
        "evaluate: {reward: {type: model}}",
        "evaluate: {reward: {type: model, modle: x}}",
        "evaluate: {reward: {type: ensemble}}",
        "evaluate: {reward: {type: ensemble, rewards: [{weight: 2}]}}",
        "evaluate: {reward: {type: external, retries: -1}}",
        "grpo: {reward: {type: bleurt}}",
        "train: {objective: {type: grpo, reward: {type: length}}}",
        "evaluate: {compare: [bases]}",
        "evaluate: {model: tuned}",
        "grpo: {reward: {stage: a, type: model}}",
        "tarin: {}",
      })
  void shouldRefuseWhatTheReaderRefuses(String stage) throws Exception {
    assertThat(problems(recipe(stage))).isNotEmpty();
    assertThat(
            org.assertj.core.api.Assertions.catchThrowable(
                () ->
                    RecipeReader.read(
                        new java.io.StringReader(
                            recipe("sft: {max_steps: 1}") + "  - " + stage + "\n"))))
        .isInstanceOf(RecipeException.class);
  }

  private static String recipe(String stage) {
    return "name: n\nstages:\n  - " + stage + "\n";
  }

  private static Set<ValidationMessage> problems(String yaml) {
    Object read = new Yaml(new SafeConstructor(new LoaderOptions())).load(yaml);
    return SCHEMA.validate(JSON.valueToTree(read));
  }
}
