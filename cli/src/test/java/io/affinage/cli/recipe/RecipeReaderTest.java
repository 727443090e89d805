package io.affinage.cli.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.affinage.cli.recipe.RecipeException.Problem;
import io.affinage.cli.run.DataRules;
import io.affinage.events.DatasetFormat;
import io.affinage.events.DatasetLayout;
import io.affinage.events.EvaluationSpec;
import io.affinage.events.KeptAnswers;
import io.affinage.events.LearnedRewards;
import io.affinage.events.RewardInstruction;
import io.affinage.events.RewardSpec;
import io.affinage.events.SplitPolicy;
import io.affinage.events.TrainingSpec;
import io.affinage.events.adapter.LoraSpec;
import io.affinage.events.adapter.PromptTuningSpec;
import io.affinage.events.objective.DpoSpec;
import io.affinage.events.objective.IpoSpec;
import io.affinage.events.spec.Settings;
import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class RecipeReaderTest {
  static final String WHOLE =
      """
      name: intents
      model: owner/name
      data:
        path: train.csv
        format: csv
        layout: prompt_completion
        columns: {utterance: prompt, intent: completion}
        constants: {system: Be brief.}
        split: {validation: 0.1, test: 0.2, salt: s}
        strict: true
        encoding: windows-1252
        separator: ";"
        keep: chosen
      stages:
        - train:
            method: sft
            suffix: short
            adapter: {type: lora, rank: 8, alpha: 16, dropout: 0.1, rslora: true, target_modules: [q_proj]}
            epochs: 1.5
            batch_size: 4
            gradient_accumulation: 2
            learning_rate: 2.0e-4
            schedule: cosine
            warmup_ratio: 0.1
            weight_decay: 0.01
            max_grad_norm: 1.0
            max_length: 512
            overlength: drop
            packing: true
            completion_only: true
            dtype: bfloat16
            checkpoint_every_steps: 50
            seed: 3
            weights: {scope: last_layers, last_layers: 2, train: ["lm_head.*"], freeze: ["*norm*"]}
            optimizer: {type: adamw_8bit, beta1: 0.9, beta2: 0.95, epsilon: 1.0e-8, momentum: 0.9, nesterov: true,
                        lora_plus_ratio: 16, embedding_rate_factor: 0.5, paged: true}
            decay_ratio: 0.2
            min_learning_rate_ratio: 0.1
            token_budget: 4096
            regularisation: {neftune_alpha: 5, label_smoothing: 0.1, ema_decay: 0.999}
            evaluation: {every_steps: 25, patience: 3, min_improvement: 0.001, keep_best: true, max_rows: 128}
            keep_checkpoints: 2
            recompute_activations: true
            max_skipped_steps: 3
            train_on: last_answer
            strict: true
            allow_token_loss: false
        - evaluate:
            metrics: [exact_match, perplexity]
            split: test
            max_items: 100
            few_shot: 2
            max_new_tokens: 16
            reward: {type: exact_match, ignore_case: true}
            choices: [a, b]
            gate: {min_gain: 0.1, max_p_value: 0.05}
            seed: 4
      """;

  private static Recipe read(String yaml) throws RecipeException {
    return RecipeReader.read(new StringReader(yaml));
  }

  private static List<Problem> problems(String yaml) {
    RecipeException thrown = catchThrowableOfType(RecipeException.class, () -> read(yaml));
    assertThat(thrown).as("problems in: " + yaml).isNotNull();
    return thrown.problems();
  }

  @Test
  void shouldReadEveryField() throws RecipeException {
    assertThat(read(WHOLE))
        .isEqualTo(
            new Recipe(
                "intents",
                "owner/name",
                new Recipe.Data(
                    "train.csv",
                    Map.of("utterance", "prompt", "intent", "completion"),
                    Map.of("system", "Be brief."),
                    new DataRules(
                        DatasetFormat.CSV,
                        DatasetLayout.PROMPT_COMPLETION,
                        new SplitPolicy(0.1, 0.2, "s"),
                        true,
                        "windows-1252",
                        ";",
                        KeptAnswers.CHOSEN)),
                List.of(
                    new Recipe.Train(
                        Settings.build(TrainingSpec.class)
                            .with("method", "sft")
                            .with(
                                "adapter",
                                new LoraSpec(8, 16.0, 0.1, true, List.of("q_proj"), null, null))
                            .with("epochs", 1.5)
                            .with("batchSize", 4)
                            .with("gradientAccumulation", 2)
                            .with("learningRate", 2e-4)
                            .with("schedule", "cosine")
                            .with("warmupRatio", 0.1)
                            .with("weightDecay", 0.01)
                            .with("maxGradNorm", 1.0)
                            .with("maxLength", 512)
                            .with("overlength", "drop")
                            .with("packing", true)
                            .with("completionOnly", true)
                            .with("dtype", "bfloat16")
                            .with("checkpointEverySteps", 50)
                            .with("seed", 3L)
                            .with(
                                "weights",
                                new TrainingSpec.Weights(
                                    "last_layers", 2, List.of("lm_head.*"), List.of("*norm*")))
                            .with(
                                "optimizer",
                                new TrainingSpec.Optimizer(
                                    "adamw_8bit", 0.9, 0.95, 1e-8, 0.9, true, 16.0, 0.5, true))
                            .with("decayRatio", 0.2)
                            .with("minLearningRateRatio", 0.1)
                            .with("tokenBudget", 4096)
                            .with(
                                "regularisation", new TrainingSpec.Regularisation(5.0, 0.1, 0.999))
                            .with(
                                "evaluation", new TrainingSpec.Evaluation(25, 3, 0.001, true, 128))
                            .with("keepCheckpoints", 2)
                            .with("recomputeActivations", true)
                            .with("maxSkippedSteps", 3)
                            .with("trainOn", "last_answer")
                            .with("strict", true)
                            .with("allowTokenLoss", false)
                            .record(),
                        new Recipe.RunModel(),
                        "short"),
                    new Recipe.Evaluate(
                        new EvaluationSpec(
                            List.of("exact_match", "perplexity"),
                            "test",
                            100,
                            2,
                            16,
                            new RewardSpec.ExactMatch(true, false),
                            List.of("a", "b"),
                            new EvaluationSpec.Gate(0.1, 0.05),
                            4L)))));
  }

  @Test
  void shouldReadRewards() throws RecipeException {
    assertThat(reward("type: ifeval, score: mean, loose: true"))
        .isEqualTo(new RewardSpec.IfEval(null, "mean", true));
    assertThat(reward("type: format, template: '<a>…</a>', prefix: '<a>', partial: true"))
        .isEqualTo(new RewardSpec.Format("<a>…</a>", null, "<a>", true, false));
    assertThat(reward("type: format, pattern: '[a-z]+'"))
        .isEqualTo(new RewardSpec.Format(null, "[a-z]+", null, false, false));
    assertThat(reward("type: model, model: 'smol:rm:1'"))
        .isEqualTo(new RewardSpec.Model("smol:rm:1"));
    assertThat(
            reward(
                "type: json_schema, schema: {type: object, minimum: 1.5, maxItems: 3, x: '3', y: no}"))
        .isEqualTo(
            new RewardSpec.JsonSchema(
                json("{'type': 'object', 'minimum': 1.5, 'maxItems': 3, 'x': '3', 'y': false}")));
    assertThat(reward("type: ifeval, instructions: [{id: 'k:e', kwargs: {keywords: [tea], n: 2}}]"))
        .isEqualTo(
            new RewardSpec.IfEval(
                List.of(
                    new RewardInstruction(
                        "k:e", Map.of("keywords", json("['tea']"), "n", json("2")))),
                null,
                false));
    assertThat(
            reward(
                "type: external, topic: reward.external.requested.tone, timeout_millis: 5000,"
                    + " retries: 1, fallback: -0.5, settings: {tone: calm}"))
        .isEqualTo(
            new RewardSpec.External(
                "reward.external.requested.tone", 5000L, 1, -0.5, json("{'tone': 'calm'}")));
    assertThat(
            reward(
                "type: ensemble, clip: {high: 5}, rewards: [{reward: {type: external}}, {name: b,"
                    + " reward: {type: exact_match}, weight: -2, normalize: minmax, over: request,"
                    + " clip: {low: 0, high: 1}, fallback: 0}]"))
        .isEqualTo(
            new RewardSpec.Ensemble(
                List.of(
                    new RewardSpec.Member(
                        null,
                        new RewardSpec.External(null, null, null, null, null),
                        null,
                        null,
                        null,
                        null,
                        null),
                    new RewardSpec.Member(
                        "b",
                        new RewardSpec.ExactMatch(false, false),
                        -2.0,
                        "minmax",
                        "request",
                        new RewardSpec.Clip(0.0, 1.0),
                        0.0)),
                new RewardSpec.Clip(null, 5.0)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "type: format | template: or pattern must be given",
        "type: bleurt | expected one of exact_match",
        "pattern: x | type is missing",
        "type: model | model is missing",
        "type: json_schema | schema is missing",
        "type: json_schema, schema: {maximum: .inf} | '.inf' is no number",
        "type: json_schema, schema: {a: 1, a: 2} | has 'a' twice",
        "type: json_schema, schema: &s {a: *s} | refers to itself",
        "type: ifeval, instructions: [{kwargs: {}}] | id is missing",
        "type: ifeval, instructions: [] | instructions: is empty",
        "type: regex, pattern: '(' | is not a regular expression",
        "type: numeric_answer, tolerance: -1 | expected a number from 0",
        "type: length, min_characters: 3, max_characters: 2 | min_characters: is above the most",
        "type: length, max_characters: 2 | min_characters is missing",
        "type: external, timeout_millis: 0 | expected a whole number from 1 to 3600000",
        "type: external, retries: 11 | expected a whole number from 0 to 10",
        "type: ifeval, instructions: [{id: a, kwargs: 3}] | kwargs: must be a mapping",
        "type: model, model: ' ' | is blank",
        "type: ensemble | rewards is missing",
        "type: ensemble, rewards: [] | rewards: has 0, must have 1 to 16",
        "type: ensemble, rewards: [{weight: 2}] | rewards[1]: reward is missing",
        "type: ensemble, rewards: [{reward: {type: exact_match}, wieght: 2}] | did you mean 'weight'",
        "type: ensemble, rewards: [{reward: {type: ensemble, rewards: [{reward: {type: external}}]}}] | has none in it",
        "type: ensemble, clip: {low: 2, high: 1}, rewards: [{reward: {type: external}}] | clip.low:"
            + " is above high",
      })
  void shouldSayWhatIsWrongWithAReward(String reward, String problem) {
    assertThatThrownBy(() -> reward(reward))
        .isInstanceOfSatisfying(
            RecipeException.class, e -> assertThat(e.problems().toString()).contains(problem));
  }

  private static JsonNode json(String text) {
    try {
      return new JsonMapper().readTree(text.replace('\'', '"'));
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }

  private static RewardSpec reward(String settings) throws RecipeException {
    Recipe recipe =
        read(
            "name: x\nstages: [{train: {method: sft}}, {evaluate: {reward: {%s}}}]"
                .formatted(settings));
    return ((Recipe.Evaluate) recipe.steps().get(1)).spec().reward();
  }

  @Test
  void shouldTrainStrictlyOnStrictData() throws RecipeException {
    String recipe = "name: x\ndata: {strict: %s}\nstages: [{train: {%s}}]";
    assertThat(strict(recipe.formatted("true", "method: sft"))).isTrue();
    assertThat(strict(recipe.formatted("true", "strict: false"))).isFalse();
    assertThat(strict(recipe.formatted("false", "method: sft"))).isNull();
  }

  @Test
  void shouldReadTypedChoices() throws RecipeException {
    Recipe recipe =
        read(
            """
            name: n
            stages:
              - sft: {max_steps: 3, adapter: {lora_alpha: 4, use_rslora: true}}
              - train:
                  objective: {type: dpo, beta: 0.2, label_smoothing: 0.1}
                  adapter: {type: prompt_tuning, num_virtual_tokens: 4}
              - ipo: {beta: 0.3, epochs: 1}
              - dpo: {}
            """);

    assertThat(spec(recipe, 0).method()).isEqualTo("sft");
    assertThat(spec(recipe, 0).adapter())
        .isEqualTo(new LoraSpec(null, 4.0, null, true, null, null, null));
    assertThat(spec(recipe, 1).method()).isNull();
    assertThat(spec(recipe, 1).objective()).isEqualTo(new DpoSpec(0.2, 0.1));
    assertThat(spec(recipe, 1).adapter()).isEqualTo(new PromptTuningSpec(4, null, null));
    assertThat(spec(recipe, 2).objective()).isEqualTo(new IpoSpec(0.3));
    assertThat(spec(recipe, 2).epochs()).isEqualTo(1.0);
    assertThat(spec(recipe, 3).objective()).isEqualTo(new DpoSpec(null, null));
  }

  @Test
  void shouldRefuseSettingsOfAnotherType() {
    assertThat(
            problems(
                """
                name: n
                stages:
                  - train: {adapter: {type: ia3, rank: 8}, objective: {beta: 1}}
                  - train: {adapter: {type: dorra}, objective: {type: dpo, betta: 1}}
                  - train: {adapter: {lora_alpha: 8, alpha: 8}}
                  - dpo: {objective: {type: dpo}}
                """))
        .extracting(Problem::message)
        .satisfiesExactly(
            rank -> assertThat(rank).contains("adapter.rank: is not known here"),
            type -> assertThat(type).contains("objective: type is missing, one of dpo, ipo"),
            dora -> assertThat(dora).contains("expected one of lora, dora", "'dorra'"),
            beta -> assertThat(beta).contains("did you mean 'beta'?"),
            alpha -> assertThat(alpha).contains("alpha: is given beside lora_alpha"),
            twice -> assertThat(twice).contains("dpo.objective: is not known here"));
  }

  @Test
  void shouldReadWhatAStageStartsFrom() throws RecipeException {
    Recipe recipe =
        read(
            """
            name: n
            stages:
              - train: {name: sft, max_steps: 1}
              - dpo: {dataset: pairs}
              - train: {base: {stage: sft}}
              - train: {base: model}
              - train: {base: {model: owner/other}}
              - train: {base: previous}
              - evaluate: {dataset: held-out}
            """);

    assertThat(recipe.steps().subList(0, 6))
        .extracting(step -> ((Recipe.Train) step).base())
        .containsExactly(
            new Recipe.RunModel(),
            new Recipe.Previous(),
            new Recipe.OfStage("sft"),
            new Recipe.RunModel(),
            new Recipe.Other("owner/other"),
            new Recipe.Previous());
    assertThat(((Recipe.Train) recipe.steps().get(1)).rows())
        .isEqualTo(new Recipe.Registered("pairs"));
    assertThat(((Recipe.Evaluate) recipe.steps().get(6)).rows())
        .isEqualTo(new Recipe.Registered("held-out"));
  }

  @Test
  void shouldRefuseABaseThatNothingMakes() {
    assertThat(
            problems(
                """
                name: n
                stages:
                  - train: {name: sft, base: previous}
                  - train: {base: {stage: sfd}, name: sft}
                  - train: {base: last}
                  - train: {base: {}}
                """))
        .extracting(Problem::message)
        .satisfiesExactly(
            previous -> assertThat(previous).contains("base: is 'previous', but no training"),
            near -> assertThat(near).contains("base: is 'stage:sfd'", "did you mean 'sft'?"),
            twice -> assertThat(twice).contains("name: is 'sft', which another stage has"),
            word -> assertThat(word).contains("expected one of model, previous"),
            none -> assertThat(none).contains("must have one of stage"));
  }

  /** What stages make for each other, by role. */
  @Test
  void shouldReadRewardsOfStagesAndWhatIsComparedWith() throws RecipeException {
    Recipe recipe =
        read(
            """
            name: n
            data: {path: pairs.json, layout: preference}
            stages:
              - sft: {name: sft, max_steps: 1, data: {path: pairs.json, layout: preference, keep: chosen}}
              - train: {name: rm, method: reward_model, base: {stage: sft}}
              - grpo: {name: policy, reward: {stage: rm}}
              - grpo:
                  reward:
                    type: ensemble
                    rewards: [{reward: {stage: rm}}, {reward: {type: length, min_characters: 1, max_characters: 9}}]
              - evaluate: {metrics: reward, reward: {stage: rm}, compare: [base, {stage: sft}, {model: a:b}]}
              - evaluate: {model: {stage: sft}, compare: base}
              - evaluate: {model: previous}
            """);

    assertThat(((Recipe.Train) recipe.steps().get(0)).rows())
        .isEqualTo(
            new Recipe.Data(
                "pairs.json",
                null,
                null,
                new DataRules(
                    DatasetFormat.AUTO,
                    DatasetLayout.PREFERENCE,
                    null,
                    false,
                    null,
                    null,
                    KeptAnswers.CHOSEN)));
    assertThat(((Recipe.Train) recipe.steps().get(2)).base()).isEqualTo(new Recipe.Previous());
    assertThat(LearnedRewards.of(spec(recipe, 2))).isEqualTo(Map.of("reward", "stage:rm"));
    assertThat(LearnedRewards.of(spec(recipe, 3))).isEqualTo(Map.of("reward.1", "stage:rm"));
    Recipe.Evaluate beside = (Recipe.Evaluate) recipe.steps().get(4);
    assertThat(beside.spec().reward()).isEqualTo(new RewardSpec.Model("stage:rm"));
    assertThat(beside.model()).isNull();
    assertThat(beside.compare()).containsExactly("base", "stage:sft", "model:a:b");
    assertThat(((Recipe.Evaluate) recipe.steps().get(5)).model()).isEqualTo("stage:sft");
    assertThat(((Recipe.Evaluate) recipe.steps().get(5)).compare()).containsExactly("base");
    assertThat(((Recipe.Evaluate) recipe.steps().get(6)).model()).isEqualTo("previous");
  }

  @Test
  void shouldRefuseInputsThatAreNotThere() {
    assertThat(
            problems(
                """
                name: n
                stages:
                  - train: {name: rm, method: reward_model}
                  - evaluate: {}
                  - sft: {name: sft, base: {stage: rm}}
                  - grpo: {reward: {stage: sft}}
                  - grpo: {reward: {stage: rn}}
                  - evaluate: {model: {stage: sfd}, compare: [bases, {stage: rmm}]}
                  - sft: {data: {layout: alpaca}, dataset: x}
                """))
        .extracting(Problem::message)
        .satisfiesExactly(
            first -> assertThat(first).contains("no 'train' comes before it"),
            base -> assertThat(base).contains("base: is 'stage:rm', a reward model"),
            none -> assertThat(none).contains("reward: is 'stage:sft', which makes no reward"),
            late -> assertThat(late).contains("reward: is 'stage:rn'", "did you mean 'rm'?"),
            word -> assertThat(word).contains("compare: has 'bases'"),
            model -> assertThat(model).contains("model: is 'stage:sfd'", "did you mean 'sft'?"),
            other -> assertThat(other).contains("compare: is 'stage:rmm'"),
            both -> assertThat(both).contains("data: is given beside dataset"));
  }

  private static TrainingSpec spec(Recipe recipe, int step) {
    return ((Recipe.Train) recipe.steps().get(step)).spec();
  }

  private static Boolean strict(String recipe) throws RecipeException {
    return ((Recipe.Train) read(recipe).steps().get(0)).spec().strict();
  }

  @Test
  void shouldFindEveryProblemAtOnceInTheOrderOfTheFile() {
    assertThat(
            problems(
                """
                name: two words
                modle: x
                data:
                  format: xls
                stages:
                  - train: {epochs: many, learning_rat: 1}
                  - evaluate: {metrics: [bleu]}
                """))
        .extracting(Problem::line)
        .containsExactly(1, 2, 4, 6, 6, 7);
  }

  @Test
  void shouldSuggestTheNameThatWasMeant() {
    assertThat(problems(WHOLE.replace(" learning_rate:", " learning_rat:")))
        .containsExactly(
            new Problem(
                22,
                "stages[1].train.learning_rat: is not known here; did you mean 'learning_rate'?"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "epochs: 1.5       | epochs: 1~max_steps: 3 | contradict",
        "batch_size: 4     | batch_size: 0                 | whole number from 1",
        "batch_size: 4     | batch_size: 4.5               | whole number from 1",
        "batch_size: 4     | batch_size: [4]               | whole number from 1",
        "warmup_ratio: 0.1 | warmup_ratio: 1.1             | number from 0 to 0.99",
        "rate: 2.0e-4      | rate: 3                       | number from 1.0E-12 to 1",
        "packing: true     | packing: maybe                | true or false",
        "dtype: bfloat16   | dtype: float8                 | one of auto, float32, bfloat16",
        "overlength: drop  | overlength: cut               | one of drop, truncate, fail",
        "seed: 4           | seed: 4~seed: 5        | given twice",
        "type: exact_match | type: bleurt                  | one of exact_match",
        "test: 0.2         | test: 0.9                     | leave nothing to train on",
        "test: 0.2         | test: 1.5                     | data.split.test: expected a number from 0 to 1",
        "salt: s           | slat: s                       | data.split.slat: is not known here; did you mean 'salt'?",
        "format: csv       | format: cvs                   | data.format: expected one of auto, jsonl, json, csv, parquet, text, found 'cvs'; did you mean 'csv'?",
        "keep: chosen      | keep: rejected                | data.keep: expected one of desirable, chosen",
        "encoding: windows | encodng: windows              | did you mean 'encoding'?",
        "strict: true      | strict: 1                     | data.strict: expected true or false",
        "max_items: 100    | max_items: 0                  | evaluate.max_items: expected a whole number from 1",
        "few_shot: 2       | few_shot: 65                  | evaluate.few_shot: expected a whole number from 0 to 64",
        "few_shot: 2       | few_shots: 2                  | did you mean 'few_shot'?",
        "split: test       | split: tests                  | evaluate.split: expected one of train, validation, test, found 'tests'; did you mean 'test'?",
        "exact_match, perp | exact_match, prep             | evaluate.metrics: expected one of exact_match, reward, multiple_choice, perplexity",
        "max_p_value: 0.05 | max_p_value: 2                | evaluate.gate.max_p_value: expected a number from 0 to 1",
        "max_p_value: 0.05 | max_pvalue: 1                 | did you mean 'max_p_value'?",
        "suffix: short     | suffix: '../x'                | letters, digits",
      })
  void shouldRefuse(String good, String bad, String expected) {
    String yaml = WHOLE.replace(good, bad.replace("~", "\n      "));
    assertThat(problems(yaml)).extracting(Problem::message).anyMatch(m -> m.contains(expected));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                                   | empty",
        "'[1, 2]'                             | must be a mapping",
        "'a: {'                               | not YAML",
        "'name: x'                            | stages: is missing",
        "'{name: x, stages: []}'              | stages: is empty",
        "'{name: x, stages: [{evaluate: {}}]}'| no ''train'' comes before it",
        "'{name: x, stages: [{train: }]}'     | train: is empty",
        "'{name: x, stages: 3}'               | stages: expected a list",
      })
  void shouldRefuseWhatIsNoRecipe(String yaml, String expected) {
    assertThat(problems(yaml))
        .extracting(Problem::message)
        .anyMatch(message -> message.contains(expected.replace("''", "'")));
  }

  @Test
  void shouldNotMakeObjectsThatTheFileNames() {
    assertThat(problems("!!javax.script.ScriptEngineManager [x]"))
        .extracting(Problem::message)
        .allMatch(message -> message.contains("tag is not allowed"));
  }

  static Stream<Path> shippedRecipes() throws IOException {
    return Files.list(Path.of(System.getProperty("affinage.install"), "recipes"));
  }

  @ParameterizedTest
  @MethodSource("shippedRecipes")
  void shouldAcceptTheRecipesThatAreShipped(Path file) throws Exception {
    try (Reader yaml = Files.newBufferedReader(file)) {
      assertThat(RecipeReader.read(yaml).steps()).isNotEmpty();
    }
  }
}
