package io.affinage.trainer.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.events.TrainingSpec;
import io.affinage.events.spec.SpecResolver;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.reward.Rendering;
import io.affinage.llm.reward.RewardModel;
import io.affinage.llm.tensor.Compute;
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

/** Reward models from a dataset's pairs to a folder that scores texts, and on from there. */
class RewardModelTrainingTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> COLOURS = List.of("red", "green", "blue");
  private static final LlmTrainingEngine ENGINE = new LlmTrainingEngine("cpu", NoRewards.SCORER);
  private static final Compute CPU = Compute.of("cpu", "float32");
  private static final String REWARD =
      "{'method': 'reward_model', 'epochs': 6, 'batchSize': 8, 'dtype': 'float32', 'learningRate': 0.01, 'seed': 5%s}";

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

  /**
   * Held-out pairs, of prompts that it never saw: far more than half of them the right way round.
   */
  @Test
  void shouldBeatChanceOnPairsItNeverSaw() throws Exception {
    Recorded heard = new Recorded();

    EngineOutcome.Completed done =
        run(
            REWARD.formatted(", 'evaluation': {'everySteps': 4}"),
            dataset(pairs(0, 24), pairs(100, 20)),
            fromBase(),
            Optional.empty(),
            heard);

    assertThat(done.adapter()).isTrue();
    assertThat(done.metrics()).containsEntry("examples", 24.0).containsEntry("held_out_rows", 20.0);
    assertThat(done.metrics().get("held_out_rewards/accuracies")).isGreaterThan(0.9);
    assertThat(done.metrics().get("held_out_loss_after"))
        .isLessThan(done.metrics().get("held_out_loss_before"));
    assertThat(done.metrics())
        .containsKeys("held_out_reward_length_correlation", "held_out_longer_is_better");
    assertThat(heard.steps.get(heard.steps.size() - 1).metrics())
        .containsKeys(
            "rewards/chosen",
            "rewards/rejected",
            "rewards/margins",
            "rewards/accuracies",
            "held_out_rewards/accuracies");
    try (LanguageModel model = LanguageModel.open(base, CPU);
        RewardModel scorer = RewardModel.open(model, done.modelFolder())) {
      assertThat(scorer.rendering().form()).isEqualTo(Rendering.Form.COMPLETION);
      float[] scores =
          scorer.scores(
              List.of(
                  scorer.encode("good", "Box 7. Colour:", " blue"),
                  scorer.encode("bad", "Box 7. Colour:", " red")));
      assertThat(scores[0]).isGreaterThan(scores[1]);
      assertThat(scorer.rendering().padding().getAsInt())
          .isNotIn(model.tokenizer().specialTokens().stops());
    }
  }

  /** Conversations are scored as the chat template writes them. */
  @Test
  void shouldScoreConversationsAsTheyWereLearned() throws Exception {
    EngineOutcome.Completed done =
        run(
            REWARD.formatted(""),
            dataset(chats(0, 24), ""),
            fromBase(),
            Optional.empty(),
            new Recorded());

    try (LanguageModel model = LanguageModel.open(base, CPU);
        RewardModel scorer = RewardModel.open(model, done.modelFolder())) {
      assertThat(scorer.rendering().form()).isEqualTo(Rendering.Form.CHAT);
      TokenizedExample text = scorer.encode("a", "Box 7?", "blue");
      assertThat(text.ids()).endsWith(model.tokenizer().encode("blue<|im_end|>\n"));
    }
  }

  @Test
  void shouldTrainAllWeightsAndGoOnFromThem() throws Exception {
    EngineOutcome.Completed done =
        run(
            REWARD.formatted(", 'adapter': {'type': 'none'}"),
            dataset(pairs(0, 24), pairs(100, 9)),
            fromBase(),
            Optional.empty(),
            new Recorded());

    assertThat(done.adapter()).isFalse();
    assertThat(done.metrics().get("held_out_rewards/accuracies")).isGreaterThan(0.9);
    assertThat(RewardModel.isWhole(done.modelFolder())).isTrue();
    assertThat(Files.readString(done.modelFolder().resolve("config.json")))
        .contains("LlamaForSequenceClassification");
    assertThat(Files.readString(done.modelFolder().resolve("README.md")))
        .contains("pipeline_tag: text-classification", "reward_model");
    for (String adapter : List.of("'none'", "'lora'")) {
      Recorded heard = new Recorded();
      EngineOutcome.Completed on =
          run(
              REWARD.replace("0.01", "0.001").formatted(", 'adapter': {'type': " + adapter + "}"),
              dataset(pairs(0, 24), pairs(100, 9)),
              Optional.of(new BaseFolders(done.modelFolder(), Optional.empty())),
              Optional.empty(),
              heard);
      assertThat(on.metrics().get("held_out_loss_before"))
          .as("goes on with the head: " + adapter)
          .isCloseTo(done.metrics().get("held_out_loss_after"), within(1e-5));
      assertThat(on.metrics().get("held_out_rewards/accuracies")).isGreaterThan(0.9);
    }
  }

  @Test
  void shouldGoOnFromAnAdapterWithAndWithoutAHead() throws Exception {
    EngineOutcome.Completed first =
        run(
            REWARD.formatted(""),
            dataset(pairs(0, 24), pairs(100, 9)),
            Optional.of(new BaseFolders(base, Optional.of(tuned))),
            Optional.empty(),
            new Recorded());
    assertThat(first.metrics().get("held_out_rewards/accuracies")).isGreaterThan(0.9);

    EngineOutcome.Completed second =
        run(
            REWARD.replace("0.01", "0.001").formatted(""),
            dataset(pairs(0, 24), pairs(100, 9)),
            Optional.of(new BaseFolders(base, Optional.of(first.modelFolder()))),
            Optional.empty(),
            new Recorded());

    assertThat(second.metrics().get("held_out_loss_before"))
        .isCloseTo(first.metrics().get("held_out_loss_after"), within(1e-6));
    assertThat(second.metrics().get("held_out_rewards/accuracies")).isGreaterThan(0.9);
  }

  @Test
  void shouldResumeInTheSameBits() throws Exception {
    Path dataset = dataset(pairs(0, 24), "");
    EngineOutcome.Completed undisturbed =
        run(REWARD.formatted(""), dataset, fromBase(), Optional.empty(), new Recorded());
    Recorded stopped = new Recorded(5);
    ENGINE.run(
        new TrainingJob("tune", spec(REWARD.formatted("")), "tiny"),
        dataset,
        fromBase(),
        Optional.empty(),
        Files.createTempDirectory(folder, "work"),
        stopped);

    EngineOutcome.Completed resumed =
        run(
            REWARD.formatted(""),
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
            new TrainingJob(
                "dry", spec(REWARD.formatted(", 'maxLength': 40, 'allowTokenLoss': true")), "tiny"),
            dataset(
                pairs(0, 24) + pair("Box 99. Colour:", "blue", "red ".repeat(60)), pairs(100, 4)),
            fromBase(),
            Files.createTempDirectory(folder, "work"));

    assertThat(dry.counts())
        .containsEntry("examples", 24.0)
        .containsEntry("examples_dropped_overlength", 1.0)
        .containsEntry("steps", 18.0)
        .containsEntry("held_out_rows", 4.0);
  }

  /** What a pair is better by is taken off before it counts as learned. */
  @Test
  void shouldLearnMoreOfPairsWithAMargin() throws Exception {
    List<Double> losses = new ArrayList<>();
    for (String margin : List.of("", ",\"margin\":2.5")) {
      Recorded heard = new Recorded();
      run(
          REWARD.formatted(""),
          dataset(pairs(0, 24).replace("}\n", margin + "}\n"), ""),
          fromBase(),
          Optional.empty(),
          heard);
      losses.add(heard.steps.get(0).trainLoss());
    }

    // -log sigmoid(d - 2.5) for differences d around 0
    assertThat(losses.get(1) - losses.get(0)).isBetween(1.5, 2.5);
  }

  /** The longer answer is always better, and nothing else tells. */
  @Test
  void shouldNameARewardThatIsMostlyLength() throws Exception {
    EngineOutcome.Completed done =
        run(
            REWARD.formatted(""),
            dataset(byLength(0, 24), byLength(100, 12)),
            fromBase(),
            Optional.empty(),
            new Recorded());

    assertThat(done.metrics()).containsEntry("held_out_longer_is_better", 1.0);
    assertThat(done.metrics().get("held_out_reward_length_correlation")).isGreaterThan(0.71);
    assertThat(done.warnings()).anyMatch(w -> w.code().equals("reward_mostly_length"));
  }

  @Test
  void shouldRefuseToWriteTextWithAModelThatScores() throws Exception {
    EngineOutcome.Completed scorer =
        run(
            REWARD.formatted(""),
            dataset(pairs(0, 8), ""),
            fromBase(),
            Optional.empty(),
            new Recorded());
    EngineOutcome.Completed whole =
        run(
            REWARD.formatted(", 'adapter': {'type': 'none'}"),
            dataset(pairs(0, 8), ""),
            fromBase(),
            Optional.empty(),
            new Recorded());
    for (BaseFolders start :
        List.of(
            new BaseFolders(base, Optional.of(scorer.modelFolder())),
            new BaseFolders(whole.modelFolder(), Optional.empty()))) {
      TrainingException refused =
          catchThrowableOfType(
              TrainingException.class,
              () ->
                  run(
                      "{'method': 'dpo', 'dtype': 'float32'}",
                      dataset(pairs(0, 8), ""),
                      Optional.of(start),
                      Optional.empty(),
                      new Recorded()));
      assertThat(refused.detail().code()).isEqualTo("model_is_reward_model");
    }
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

  private static String byLength(int from, int count) {
    StringBuilder rows = new StringBuilder();
    for (int i = from; i < from + count; i++) {
      String few = "red ".repeat(1 + i % 3).strip();
      rows.append(pair("Box %d. Colour:".formatted(i), few + " red".repeat(2 + i % 7), few));
    }
    return rows.toString();
  }

  private static String pair(String prompt, String chosen, String rejected) {
    return "{\"id\":\"%s\",\"prompt\":\"%s\",\"chosen_text\":\" %s\",\"rejected_text\":\" %s\"}\n"
        .formatted(prompt, prompt, chosen, rejected);
  }

  private static String chats(int from, int count) {
    StringBuilder rows = new StringBuilder();
    for (int i = from; i < from + count; i++) {
      rows.append(
          "{\"id\":\"%d\",\"messages\":[{\"role\":\"user\",\"content\":\"Box %d?\"}],\"chosen\":[{\"role\":\"assistant\",\"content\":\"blue\"}],\"rejected\":[{\"role\":\"assistant\",\"content\":\"%s\"}]}\n"
              .formatted(i, i, COLOURS.get(i % 2)));
    }
    return rows.toString();
  }

  private static Path dataset(String train, String validation) throws IOException {
    Path dataset = Files.createTempDirectory(folder, "dataset");
    Files.writeString(dataset.resolve("train.jsonl"), train);
    Files.writeString(dataset.resolve("validation.jsonl"), validation);
    return dataset;
  }
}
