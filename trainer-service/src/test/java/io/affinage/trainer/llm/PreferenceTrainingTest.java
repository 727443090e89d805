package io.affinage.trainer.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.events.TrainingSpec;
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
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Preference pairs from a dataset's rows to a model, and what is told on the way. */
class PreferenceTrainingTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> COLOURS = List.of("red", "green", "blue");
  private static final LlmTrainingEngine ENGINE = new LlmTrainingEngine("cpu", NoRewards.SCORER);
  private static final String DPO =
      "{'objective': {'type': 'dpo', 'beta': 0.2}, 'epochs': 6, 'batchSize': 8, 'dtype': 'float32', 'learningRate': 0.005%s}";

  @TempDir static Path folder;
  private static Path base;
  private static Path tuned;

  @BeforeAll
  static void pretrainAndTune() throws Exception {
    StringBuilder text = new StringBuilder();
    StringBuilder answers = new StringBuilder();
    for (int i = 0; i < 40; i++) {
      text.append(
          "{\"id\":\"d%d\",\"text\":\"Box %d. Colour: %s\"}\n".formatted(i, i, COLOURS.get(i % 3)));
      answers.append(
          "{\"id\":\"a%d\",\"prompt\":\"Box %d. Colour:\",\"completion\":\" %s\"}\n"
              .formatted(i, i, COLOURS.get(i % 3)));
    }
    base =
        run(
                "{'method': 'pretrain', 'maxSteps': 60, 'maxLength': 32, 'learningRate': 0.01, 'dtype': 'float32', 'architecture': {'hiddenSize': 16, 'intermediateSize': 32, 'layers': 2, 'heads': 2, 'kvHeads': 1, 'vocabularySize': 290, 'contextLength': 64}}",
                dataset(text.toString(), ""),
                Optional.empty(),
                Optional.empty(),
                new Recorded())
            .modelFolder();
    tuned =
        run(
                "{'maxSteps': 10, 'dtype': 'float32', 'learningRate': 0.01}",
                dataset(answers.toString(), ""),
                Optional.of(new BaseFolders(base, Optional.empty())),
                Optional.empty(),
                new Recorded())
            .modelFolder();
  }

  /** Remembers steps and the last checkpoint, and may stop after a step. */
  private static final class Recorded implements EngineListener {
    private final List<EngineProgress> steps = new ArrayList<>();
    private final int stopAfter;
    private Path checkpoint;

    Recorded() {
      this(Integer.MAX_VALUE);
    }

    Recorded(int stopAfter) {
      this.stopAfter = stopAfter;
    }

    @Override
    public void onStep(EngineProgress progress) {
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

  @Test
  void shouldLearnToPreferAndTellIt() throws Exception {
    Recorded heard = new Recorded();

    EngineOutcome.Completed done =
        run(
            DPO.formatted(", 'evaluation': {'everySteps': 4}"),
            dataset(pairs(0, 24), pairs(100, 9)),
            fromBase(),
            Optional.empty(),
            heard);

    assertThat(done.metrics()).containsEntry("examples", 24.0).containsEntry("held_out_rows", 9.0);
    assertThat(done.metrics().get("held_out_rewards/accuracies")).isCloseTo(1, within(1e-9));
    assertThat(done.metrics().get("held_out_loss_before")).isCloseTo(Math.log(2), within(1e-9));
    assertThat(done.metrics().get("held_out_loss_after")).isLessThan(0.6);
    EngineProgress last = heard.steps.get(heard.steps.size() - 1);
    assertThat(last.metrics())
        .containsKeys(
            "rewards/chosen",
            "rewards/rejected",
            "rewards/margins",
            "rewards/accuracies",
            "logps/chosen",
            "logps/rejected",
            "held_out_loss",
            "held_out_rewards/accuracies");
    assertThat(last.metrics().get("rewards/margins")).isPositive();
    assertThat(Files.readString(done.modelFolder().resolve("adapter_config.json")))
        .contains("LORA");
  }

  /**
   * The reference is the parent's adapter as it was: nothing differs before the first update: rlhf
   * point 17.
   */
  @Test
  void shouldStartFromTheParentsAdapter() throws Exception {
    Recorded heard = new Recorded();

    run(
        DPO.formatted(""),
        dataset(pairs(0, 24), ""),
        Optional.of(new BaseFolders(base, Optional.of(tuned))),
        Optional.empty(),
        heard);

    assertThat(heard.steps.get(0).trainLoss()).isCloseTo(Math.log(2), within(1e-6));
    assertThat(heard.steps.get(0).metrics().get("rewards/margins")).isCloseTo(0, within(1e-5));
    EngineProgress last = heard.steps.get(heard.steps.size() - 1);
    assertThat(last.metrics().get("rewards/margins")).isPositive();
  }

  @Test
  void shouldTrainAllWeightsByIpo() throws Exception {
    Recorded heard = new Recorded();

    EngineOutcome.Completed done =
        run(
            "{'objective': {'type': 'ipo', 'beta': 0.5}, 'adapter': {'type': 'none'}, 'epochs': 4, 'batchSize': 8, 'dtype': 'float32', 'learningRate': 0.001}",
            dataset(pairs(0, 24), pairs(100, 9)),
            fromBase(),
            Optional.empty(),
            heard);

    assertThat(done.adapter()).isFalse();
    assertThat(heard.steps.get(0).trainLoss()).isCloseTo(1, within(1e-6));
    assertThat(done.metrics().get("held_out_loss_after")).isLessThan(0.9);
    assertThat(Files.readString(done.modelFolder().resolve("README.md")))
        .contains("objective.beta");
  }

  @Test
  void shouldResumeInTheSameBits() throws Exception {
    Path dataset = dataset(pairs(0, 24), "");
    EngineOutcome.Completed undisturbed =
        run(DPO.formatted(""), dataset, fromBase(), Optional.empty(), new Recorded());
    Recorded stopped = new Recorded(5);
    ENGINE.run(
        new TrainingJob("tune", spec(DPO.formatted("")), "tiny"),
        dataset,
        fromBase(),
        Optional.empty(),
        Files.createTempDirectory(folder, "work"),
        stopped);
    assertThat(stopped.checkpoint.resolve("reference.safetensors")).exists();

    EngineOutcome.Completed resumed =
        run(
            DPO.formatted(""),
            dataset,
            fromBase(),
            Optional.of(stopped.checkpoint),
            new Recorded());

    assertThat(resumed.modelFolder().resolve("adapter_model.safetensors"))
        .hasSameBinaryContentAs(undisturbed.modelFolder().resolve("adapter_model.safetensors"));
  }

  @Test
  void shouldTellWhatAPairTakesBeforeItIsTrained() throws Exception {
    Preflight dry =
        ENGINE.preflight(
            new TrainingJob("dry", spec(DPO.formatted("")), "tiny"),
            dataset(pairs(0, 24) + pair("alike", "red", "red"), ""),
            fromBase(),
            Files.createTempDirectory(folder, "work"));

    assertThat(dry.counts())
        .containsEntry("examples", 24.0)
        .containsEntry("rows_left_out_answers_alike", 1.0)
        .containsEntry("steps", 18.0);
    assertThat(dry.counts().get("tokens_computed")).isLessThan(dry.counts().get("tokens"));
    assertThat(dry.seconds().reference()).isPositive();
  }

  @Test
  void shouldRefuseRowsThatAreNoPairs() throws Exception {
    String row = "{\"id\":\"a\",\"prompt\":\"Box\",\"completion\":\" red\"}\n";
    TrainingException refused =
        catchThrowableOfType(
            TrainingException.class,
            () ->
                run(
                    DPO.formatted(""),
                    dataset(row, ""),
                    fromBase(),
                    Optional.empty(),
                    new Recorded()));

    assertThat(refused.detail().code()).isEqualTo("dataset_layout_unsupported");
    assertThat(refused).hasMessageContaining("layout preference");
  }

  private static Optional<BaseFolders> fromBase() {
    return Optional.of(new BaseFolders(base, Optional.empty()));
  }

  private static EngineOutcome.Completed run(
      String spec,
      Path dataset,
      Optional<BaseFolders> from,
      Optional<Path> resume,
      EngineListener listener)
      throws Exception {
    return (EngineOutcome.Completed)
        ENGINE.run(
            new TrainingJob("tune", spec(spec), from.isPresent() ? "tiny" : null),
            dataset,
            from,
            resume,
            Files.createTempDirectory(folder, "work"),
            listener);
  }

  private static TrainingSpec spec(String json) throws Exception {
    TrainingSpec spec = JSON.readValue(json.replace('\'', '"'), TrainingSpec.class);
    return SpecResolver.resolve(spec, json.contains("architecture"));
  }

  /** Blue is better than whatever else. */
  private static String pairs(int from, int count) {
    StringBuilder rows = new StringBuilder();
    for (int i = from; i < from + count; i++) {
      rows.append(pair("Box %d. Colour:".formatted(i), "blue", COLOURS.get(i % 2)));
    }
    return rows.toString();
  }

  private static String pair(String prompt, String chosen, String rejected) {
    return "{\"id\":\"%s\",\"prompt\":\"%s\",\"chosen_text\":\" %s\",\"rejected_text\":\" %s\"}\n"
        .formatted(prompt, prompt, chosen, rejected);
  }

  private static Path dataset(String train, String validation) throws IOException {
    Path dataset = Files.createTempDirectory(folder, "dataset");
    Files.writeString(dataset.resolve("train.jsonl"), train);
    Files.writeString(dataset.resolve("validation.jsonl"), validation);
    return dataset;
  }
}
