package io.affinage.trainer.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.events.TrainingSpec;
import io.affinage.events.Warning;
import io.affinage.events.spec.SpecResolver;
import io.affinage.trainer.engine.BaseFolders;
import io.affinage.trainer.engine.EngineListener;
import io.affinage.trainer.engine.EngineOutcome;
import io.affinage.trainer.engine.EngineProgress;
import io.affinage.trainer.engine.Preflight;
import io.affinage.trainer.engine.TrainingException;
import io.affinage.trainer.engine.TrainingJob;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which rows of a dataset are learned, and what is said of the others. */
class LearnedRowsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String LONG =
      IntStream.range(100, 140).mapToObj(Integer::toString).collect(Collectors.joining(" "));

  private static final List<String> COLOURS = List.of("red", "green", "blue");

  @TempDir static Path folder;
  private static final LlmTrainingEngine ENGINE = new LlmTrainingEngine("cpu", NoRewards.SCORER);
  private static Path base;

  private final List<Warning> live = new ArrayList<>();

  @BeforeAll
  static void pretrain() throws Exception {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 40; i++) {
      text.append(
          "{\"id\":\"d%d\",\"text\":\"Box %d. Colour: %s\"}\n".formatted(i, i, COLOURS.get(i % 3)));
    }
    TrainingSpec spec =
        spec(
            "{'method': 'pretrain', 'maxSteps': 60, 'maxLength': 32, 'learningRate': 0.01, 'dtype': 'float32', 'architecture': {'hiddenSize': 16, 'intermediateSize': 32, 'layers': 2, 'heads': 2, 'kvHeads': 1, 'vocabularySize': 290, 'contextLength': 64}}",
            true);
    base =
        ((EngineOutcome.Completed)
                ENGINE.run(
                    new TrainingJob("base", spec, null),
                    dataset(text.toString(), ""),
                    Optional.empty(),
                    Optional.empty(),
                    Files.createTempDirectory(folder, "base"),
                    new Ear(new ArrayList<>())))
            .modelFolder();
  }

  /** Hears warnings. */
  private record Ear(List<Warning> warnings) implements EngineListener {
    @Override
    public void onWarning(Warning warning) {
      warnings.add(warning);
    }

    @Override
    public void onStep(EngineProgress progress) {}

    @Override
    public void onCheckpoint(int step, Path at, Double loss) {}

    @Override
    public boolean shouldStop() {
      return false;
    }
  }

  @Test
  void shouldLeaveOutCountAndNameWhatCannotBeLearnedFrom() throws Exception {
    Path dataset =
        dataset(
            rows(20)
                + row("empty", "Box:", "")
                + "{\"id\":\"asked\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}\n"
                + row("long", "Box: ", LONG),
            "");

    EngineOutcome.Completed done =
        run("{'adapter': {'type': 'none'}, 'maxSteps': 2, 'allowTokenLoss': true}", dataset);

    assertThat(done.metrics())
        .containsEntry("examples", 20.0)
        .containsEntry("rows_left_out", 3.0)
        .containsEntry("rows_left_out_no_answer", 2.0)
        .containsEntry("rows_left_out_example_too_long", 1.0)
        .containsEntry("examples_dropped_overlength", 1.0);
    String told = message(done.warnings(), "rows_left_out");
    assertThat(told)
        .contains("3 rows of 23 in train.jsonl")
        .contains("line 21: example empty", "line 22: example asked", "line 23: example long")
        .contains("[no_answer]", "[example_too_long]");
    assertThat(Files.readString(done.modelFolder().resolve("README.md")))
        .contains("line 22: example asked");
    assertThat(dryRun("{'allowTokenLoss': true}", dataset).warnings())
        .extracting(Warning::code)
        .contains("rows_left_out", "tokens_lost");
    assertThat(code("{'strict': true}", dataset)).isEqualTo("no_answer");
    assertThat(code("{}", dataset(row("a", "b", ""), ""))).isEqualTo("no_answer");
  }

  @Test
  void shouldAskForAWordBeforeManyTokensAreLost() throws Exception {
    Path dataset =
        dataset(rows(10) + row("l1", "Box:", " " + LONG) + row("l2", "Box:", " " + LONG), "");

    TrainingException refused =
        catchThrowableOfType(TrainingException.class, () -> run("{}", dataset));

    assertThat(refused.detail().code()).isEqualTo("too_many_tokens_lost");
    assertThat(refused)
        .hasMessageContaining("2 rows dropped and 0 rows cut at max_length 64")
        .hasMessageContaining("allow_token_loss: true");
    for (String word : List.of("{'overlength': 'drop'}", "{'allowTokenLoss': true}")) {
      Preflight dry = dryRun(word, dataset);
      assertThat(dry.counts().get("tokens_lost_share")).isGreaterThan(0.2);
      assertThat(message(dry.warnings(), "tokens_lost")).contains("are not learned");
    }
    Preflight cut = dryRun("{'overlength': 'truncate'}", dataset);
    assertThat(cut.counts())
        .containsEntry("examples", 12.0)
        .containsEntry("examples_truncated", 2.0);
    // Default and context differ; who gives nothing is told as well.
    assertThat(message(cut.warnings(), "max_length_clipped")).contains("64 tokens");
  }

  @Test
  void shouldRunWithoutHeldOutRowsThatFitUnlessTheyAreToBeEvaluated() throws Exception {
    Path dataset = dataset(rows(12), row("v", "Box:", " " + LONG));

    EngineOutcome.Completed done = run("{'maxSteps': 3}", dataset);

    assertThat(done.metrics()).doesNotContainKey("held_out_loss_before");
    assertThat(message(done.warnings(), "held_out_unusable")).contains("longer than the maximum");
    assertThat(code("{'maxSteps': 1, 'evaluation': {'everySteps': 1}}", dataset))
        .isEqualTo("no_held_out_examples");
  }

  @Test
  void shouldFailARunThatMadeTheModelWorse() throws Exception {
    String wild =
        "{'maxSteps': 12, 'learningRate': 1, 'maxGradNorm': 0, 'warmupRatio': 0, 'schedule': 'constant', 'adapter': {'type': 'none'}%s}";

    TrainingException e =
        catchThrowableOfType(
            TrainingException.class, () -> run(wild.formatted(""), dataset(rows(12), rows(4))));

    assertThat(e.detail().code()).isEqualTo("diverged");
    assertThat(e).hasMessageContaining("learning_rate");
    TrainingException watched =
        catchThrowableOfType(
            TrainingException.class,
            () ->
                run(
                    wild.formatted(", 'evaluation': {'everySteps': 4}"),
                    dataset(rows(12), rows(4))));
    assertThat(watched.detail().code()).isEqualTo("diverged");
    assertThat(watched).hasMessageContaining("of step");
    // Without held-out rows nobody can say whether it is worse, but that it rose can be said.
    live.clear();
    assertThat(run(wild.formatted(""), dataset(rows(12), "")).warnings())
        .extracting(Warning::code)
        .contains("loss_rose");
    assertThat(live).extracting(Warning::code).containsExactly("loss_rising");
  }

  @Test
  void shouldLearnAllAnswersOrTheLastAndNoneOfWeightZero() throws Exception {
    String chat =
        "{\"id\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"box box box\"%s},{\"role\":\"user\",\"content\":\"b\"},{\"role\":\"assistant\",\"content\":\"red\"%s}]}\n";
    String weighted = chat.formatted("c", "", "").repeat(8);

    double all = targets("{}", weighted);
    double last = targets("{'trainOn': 'last_answer'}", weighted);
    double first = targets("{}", chat.formatted("c", "", ",\"weight\":0").repeat(8));
    double second = targets("{}", chat.formatted("c", ",\"weight\":0", "").repeat(8));

    assertThat(last).isEqualTo(second).isLessThan(first);
    assertThat(all).isEqualTo(first + second);
    assertThat(targets("{'completionOnly': false}", weighted)).isGreaterThan(all);
    assertThat(code("{}", dataset(chat.formatted("c", ",\"weight\":0", ",\"weight\":0"), "")))
        .isEqualTo("no_answer");
  }

  @Test
  void shouldRefuseAFactorOnWeightsThatAreNotTrained() throws Exception {
    String spec =
        "{'maxSteps': 1, 'adapter': {'type': 'none'}, 'optimizer': {'embeddingRateFactor': 0.5}, 'weights': {'train': ['%s']}}";
    Path dataset = dataset(rows(8), "");

    assertThat(code(spec.formatted("*layers.1.*"), dataset)).isEqualTo("setting_without_effect");
    assertThat(run(spec.formatted("*embed*"), dataset).trainedTokens()).isPositive();
  }

  @Test
  void shouldNotTeachSilenceWhereATemplateWritesNoCalls() throws Exception {
    String call =
        "{\"id\":\"t\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"tool_calls\":[{\"type\":\"function\",\"function\":{\"name\":\"stock\",\"arguments\":{\"item\":\"box\",\"many\":123456789012345678901234567890}}}]},{\"role\":\"tool\",\"content\":\"2\"},{\"role\":\"assistant\",\"content\":\"two\"}]}\n";

    Preflight dry = dryRun("{}", dataset(rows(8) + call, ""));

    assertThat(message(dry.warnings(), "rows_left_out"))
        .contains("line 9", "tool_calls_not_written");
  }

  private static double targets(String spec, String rows) throws Exception {
    return dryRun(spec, dataset(rows, "")).counts().get("target_tokens_per_epoch");
  }

  private static String message(List<Warning> warnings, String code) {
    assertThat(warnings).extracting(Warning::code).contains(code);
    return warnings.stream()
        .filter(warning -> warning.code().equals(code))
        .map(Warning::message)
        .findFirst()
        .orElseThrow();
  }

  private String code(String spec, Path dataset) {
    return catchThrowableOfType(TrainingException.class, () -> run(spec, dataset)).detail().code();
  }

  private EngineOutcome.Completed run(String spec, Path dataset) throws Exception {
    return (EngineOutcome.Completed)
        ENGINE.run(
            new TrainingJob("tune", spec(spec, false), "tiny"),
            dataset,
            Optional.of(new BaseFolders(base, Optional.empty())),
            Optional.empty(),
            Files.createTempDirectory(folder, "work"),
            new Ear(live));
  }

  private static Preflight dryRun(String spec, Path dataset) throws Exception {
    return ENGINE.preflight(
        new TrainingJob("dry", spec(spec, false), "tiny"),
        dataset,
        Optional.of(new BaseFolders(base, Optional.empty())),
        Files.createTempDirectory(folder, "work"));
  }

  private static TrainingSpec spec(String json, boolean scratch) throws Exception {
    TrainingSpec spec = JSON.readValue(json.replace('\'', '"'), TrainingSpec.class);
    return SpecResolver.resolve(spec, scratch);
  }

  private static String rows(int count) {
    StringBuilder rows = new StringBuilder();
    for (int i = 0; i < count; i++) {
      rows.append(row("r" + i, "Box %d. Colour:".formatted(i), " " + COLOURS.get(i * i % 7 % 3)));
    }
    return rows.toString();
  }

  private static String row(String id, String prompt, String completion) {
    return "{\"id\":\"%s\",\"prompt\":\"%s\",\"completion\":\"%s\"}\n"
        .formatted(id, prompt, completion);
  }

  private static Path dataset(String train, String validation) throws IOException {
    Path dataset = Files.createTempDirectory(folder, "dataset");
    Files.writeString(dataset.resolve("train.jsonl"), train);
    Files.writeString(dataset.resolve("validation.jsonl"), validation);
    return dataset;
  }
}
