package io.affinage.trainer.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.events.RewardRequested;
import io.affinage.events.TrainingSpec;
import io.affinage.events.spec.InvalidSpecException;
import io.affinage.events.spec.SpecResolver;
import io.affinage.trainer.engine.AnswerScorer;
import io.affinage.trainer.engine.BaseFolders;
import io.affinage.trainer.engine.TrainingException;
import io.affinage.trainer.engine.TrainingJob;
import io.affinage.trainer.engine.TrainingListener;
import io.affinage.trainer.engine.TrainingOutcome;
import io.affinage.trainer.engine.TrainingProgress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Questions from a dataset's rows, answers of the model, and what comes of their rewards. */
@Tag("slow")
class SampledTrainingTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> COLOURS = List.of("red", "green", "blue");
  private static final String SAMPLED =
      "{'objective': {'type': '%s', 'reward': {'type': 'exact_match'}, 'numGenerations': 8, 'maxCompletionLength': 6},"
          + " 'maxSteps': %d, 'batchSize': 4, 'dtype': 'float32', 'learningRate': 0.01, 'warmupRatio': 0,"
          + " 'schedule': 'constant', 'checkpointEverySteps': 100}";

  /** Likes red, whatever the question. */
  private static final AnswerScorer RED =
      (reward, answers) ->
          answers.stream()
              .map(answer -> OptionalDouble.of(answer.completion().contains("red") ? 1 : 0))
              .toList();

  @TempDir static Path folder;
  private static Path base;

  @BeforeAll
  static void pretrain() throws Exception {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 60; i++) {
      text.append(
          "{\"id\":\"d%d\",\"text\":\"Box %d. Colour: %s\"}\n".formatted(i, i, COLOURS.get(i % 3)));
    }
    base =
        run(
                "{'method': 'pretrain', 'maxSteps': 120, 'maxLength': 32, 'learningRate': 0.01, 'dtype': 'float32', 'architecture': {'hiddenSize': 16, 'intermediateSize': 32, 'layers': 2, 'heads': 2, 'kvHeads': 1, 'vocabularySize': 290, 'contextLength': 64}}",
                dataset(text.toString()),
                Optional.empty(),
                Optional.empty(),
                NoRewards.SCORER,
                new Recorded(Integer.MAX_VALUE),
                TrainingOutcome.Completed.class)
            .modelFolder();
  }

  /** Remembers steps and the last checkpoint, and may stop after a step. */
  private static final class Recorded implements TrainingListener {
    private final List<TrainingProgress> steps = new ArrayList<>();
    private final int stopAfter;
    private Path checkpoint;

    Recorded(int stopAfter) {
      this.stopAfter = stopAfter;
    }

    double reward(int from, int to) {
      return steps.subList(from, to).stream()
          .mapToDouble(step -> step.metrics().get("reward"))
          .average()
          .orElseThrow();
    }

    @Override
    public void onStep(TrainingProgress progress) {
      steps.add(progress);
    }

    @Override
    public void onCheckpoint(int step, Path at, Double loss) {
      checkpoint = at;
    }

    @Override
    public boolean shouldStop() {
      return steps.size() >= stopAfter;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"grpo", "rloo"})
  void shouldLearnWhatIsRewarded(String objective) throws Exception {
    Recorded heard = new Recorded(Integer.MAX_VALUE);
    List<RewardRequested.Item> asked = new ArrayList<>();
    AnswerScorer listening =
        (reward, answers) -> {
          asked.addAll(answers);
          return RED.score(reward, answers);
        };
    TrainingOutcome.Completed done =
        run(
            SAMPLED.formatted(objective, 60),
            dataset(questions(12)),
            fromBase(),
            Optional.empty(),
            listening,
            heard,
            TrainingOutcome.Completed.class);

    assertThat(heard.reward(54, 60)).isGreaterThan(heard.reward(0, 6) + 0.3);
    assertThat(asked).hasSize(60 * 4 * 8);
    assertThat(asked.get(0).prompt()).startsWith("Box ");
    assertThat(asked.get(0).reference()).isEqualTo(" blue");
    assertThat(done.metrics()).containsEntry("prompts", 12.0);
    assertThat(done.adapter()).isTrue();
  }

  @Test
  void shouldResumeWithTheSameBits() throws Exception {
    String spec = SAMPLED.formatted("grpo", 6);
    Path questions = dataset(questions(12));
    Recorded whole = new Recorded(Integer.MAX_VALUE);
    TrainingOutcome.Completed undisturbed =
        run(
            spec,
            questions,
            fromBase(),
            Optional.empty(),
            RED,
            whole,
            TrainingOutcome.Completed.class);
    Recorded cut = new Recorded(3);
    run(spec, questions, fromBase(), Optional.empty(), RED, cut, TrainingOutcome.Stopped.class);
    TrainingOutcome.Completed resumed =
        run(
            spec,
            questions,
            fromBase(),
            Optional.of(cut.checkpoint),
            RED,
            new Recorded(Integer.MAX_VALUE),
            TrainingOutcome.Completed.class);
    String weights = "adapter_model.safetensors";
    assertThat(resumed.modelFolder().resolve(weights))
        .hasSameBinaryContentAs(undisturbed.modelFolder().resolve(weights));
  }

  /** One question that leaves no room for an answer, and one that is none: the others are asked. */
  @Test
  void shouldLeaveOutWhatCannotBeAsked() throws Exception {
    String rows = questions(4) + row("long", "Box ".repeat(40), " red");
    TrainingOutcome.Completed done =
        run(
            SAMPLED.formatted("grpo", 1),
            dataset(rows),
            fromBase(),
            Optional.empty(),
            RED,
            new Recorded(Integer.MAX_VALUE),
            TrainingOutcome.Completed.class);
    assertThat(done.metrics()).containsEntry("prompts", 4.0);
    assertThat(done.warnings())
        .anySatisfy(
            warning -> {
              assertThat(warning.code()).isEqualTo("rows_left_out");
              assertThat(warning.message()).contains("1 of 5 rows", "row long");
            });
  }

  @Test
  void shouldRefuseWhatHasNoQuestionsOrNoReward() throws Exception {
    TrainingException text =
        catchThrowableOfType(
            TrainingException.class,
            () ->
                run(
                    SAMPLED.formatted("grpo", 1),
                    dataset("{\"id\":\"d\",\"text\":\"Box 1.\"}\n"),
                    fromBase(),
                    Optional.empty(),
                    RED,
                    new Recorded(1),
                    TrainingOutcome.Completed.class));
    assertThat(text.detail().code()).isEqualTo("dataset_layout_unsupported");
    assertThatThrownBy(() -> spec("{'objective': {'type': 'grpo'}}"))
        .isInstanceOf(InvalidSpecException.class)
        .hasMessageContaining("objective.reward");
  }

  private static Optional<BaseFolders> fromBase() {
    return Optional.of(new BaseFolders(base, Optional.empty()));
  }

  private static <T extends TrainingOutcome> T run(
      String spec,
      Path dataset,
      Optional<BaseFolders> from,
      Optional<Path> resume,
      AnswerScorer scorer,
      TrainingListener listener,
      Class<T> outcome)
      throws Exception {
    return outcome.cast(
        new LlmTrainingEngine("cpu", scorer)
            .run(
                new TrainingJob("sampled", spec(spec), from.isPresent() ? "tiny" : null),
                dataset,
                from,
                resume,
                Files.createTempDirectory(folder, "work"),
                listener));
  }

  private static TrainingSpec spec(String json) throws Exception {
    TrainingSpec spec = JSON.readValue(json.replace('\'', '"'), TrainingSpec.class);
    return SpecResolver.resolve(spec, json.contains("architecture"));
  }

  private static String questions(int count) {
    StringBuilder rows = new StringBuilder();
    for (int i = 0; i < count; i++) {
      rows.append(row("q" + i, "Box %d. Colour:".formatted(i), " blue"));
    }
    return rows.toString();
  }

  private static String row(String id, String prompt, String completion) {
    return "{\"id\":\"%s\",\"prompt\":\"%s\",\"completion\":\"%s\"}\n"
        .formatted(id, prompt, completion);
  }

  private static Path dataset(String train) throws IOException {
    Path dataset = Files.createTempDirectory(folder, "dataset");
    Files.writeString(dataset.resolve("train.jsonl"), train);
    return dataset;
  }
}
