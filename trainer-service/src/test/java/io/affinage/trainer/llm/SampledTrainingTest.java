package io.affinage.trainer.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.events.NormalRow;
import io.affinage.events.RewardRequested;
import io.affinage.events.TrainingSpec;
import io.affinage.events.spec.InvalidSpecException;
import io.affinage.events.spec.SpecResolver;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.trainer.engine.AnswerScorer;
import io.affinage.trainer.engine.BaseFolders;
import io.affinage.trainer.engine.EngineListener;
import io.affinage.trainer.engine.EngineOutcome;
import io.affinage.trainer.engine.EngineProgress;
import io.affinage.trainer.engine.TrainingException;
import io.affinage.trainer.engine.TrainingJob;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
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
      (reward, answers, at, waiting) ->
          AnswerScorer.Scores.of(
              answers.stream()
                  .map(answer -> OptionalDouble.of(answer.completion().contains("red") ? 1 : 0))
                  .toList());

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
                EngineOutcome.Completed.class)
            .modelFolder();
  }

  /** Remembers steps and the last checkpoint, and may stop after a step. */
  private static final class Recorded implements EngineListener {
    private final List<EngineProgress> steps = new ArrayList<>();
    private final int stopAfter;
    private boolean stop;
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
    public void onStep(EngineProgress progress) {
      steps.add(progress);
    }

    @Override
    public void onCheckpoint(int step, Path at, Double loss) {
      checkpoint = at;
    }

    @Override
    public boolean shouldStop() {
      return stop || steps.size() >= stopAfter;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"grpo", "rloo"})
  void shouldLearnWhatIsRewarded(String objective) throws Exception {
    Recorded heard = new Recorded(Integer.MAX_VALUE);
    List<RewardRequested.Item> asked = new ArrayList<>();
    AnswerScorer listening =
        (reward, answers, at, waiting) -> {
          asked.addAll(answers);
          return RED.score(reward, answers, at, waiting);
        };
    EngineOutcome.Completed done =
        run(
            SAMPLED
                .formatted(objective, 60)
                .replace("'numGenerations'", "'beta': 0, 'numGenerations'"),
            dataset(questions(12)),
            fromBase(),
            Optional.empty(),
            listening,
            heard,
            EngineOutcome.Completed.class);

    assertThat(heard.reward(54, 60)).isGreaterThan(heard.reward(0, 6) + 0.3);
    assertThat(asked).hasSize(60 * 4 * 8);
    assertThat(asked.get(0).prompt()).startsWith("Box ");
    assertThat(asked.get(0).reference()).isEqualTo(" blue");
    assertThat(asked.get(0).group()).isEqualTo(asked.get(7).group()).startsWith("q");
    assertThat(asked.get(0).group()).isNotEqualTo(asked.get(8).group());
    assertThat(done.metrics()).containsEntry("prompts", 12.0);
    assertThat(done.adapter()).isTrue();
  }

  /** A larger weight of the divergence in the reward leaves less of it: rlhf point 6. */
  @Test
  void shouldStayNearerToTheReferenceWithALargerBeta() throws Exception {
    assertThat(divergenceAfterTraining(0.05)).isLessThan(0.5 * divergenceAfterTraining(0.005));
  }

  private static double divergenceAfterTraining(double beta) throws Exception {
    Recorded heard = new Recorded(Integer.MAX_VALUE);
    run(
        SAMPLED
            .formatted("rloo", 40)
            .replace("'numGenerations'", "'beta': " + beta + ", 'numGenerations'")
            // How far it strays is what is measured.
            .replace("'maxSteps'", "'guards': {'maxKl': 0}, 'maxSteps'"),
        dataset(questions(12)),
        fromBase(),
        Optional.empty(),
        RED,
        heard,
        EngineOutcome.Completed.class);
    return heard.steps.subList(25, 40).stream()
        .mapToDouble(step -> step.metrics().get("kl"))
        .average()
        .orElseThrow();
  }

  private static String ppo(int steps, String more) {
    return SAMPLED
        .formatted("ppo", steps)
        .replace("'maxCompletionLength'", more + "'maxCompletionLength'");
  }

  /** Policy, values and reference on one base: from the policy's start nothing is left at first. */
  @Test
  void shouldLearnByPpo() throws Exception {
    Recorded heard = new Recorded(Integer.MAX_VALUE);
    EngineOutcome.Completed done =
        run(
            ppo(80, "'numPpoEpochs': 2, 'numMiniBatches': 2, 'klCoef': 0.01, "),
            dataset(questions(12)),
            fromBase(),
            Optional.empty(),
            RED,
            heard,
            EngineOutcome.Completed.class);

    assertThat(heard.reward(72, 80)).isGreaterThan(heard.reward(0, 8) + 0.3);
    assertThat(heard.steps.get(0).metrics().get("objective/kl")).isCloseTo(0, within(1e-3));
    assertThat(heard.steps.get(79).metrics().get("objective/kl")).isGreaterThan(0.05);
    assertThat(heard.steps.get(0).metrics())
        .containsKeys(
            "objective/entropy",
            "objective/non_score_reward",
            "objective/rlhf_reward",
            "objective/scores",
            "policy/approxkl_avg",
            "policy/clipfrac_avg",
            "policy/entropy_avg",
            "loss/policy_avg",
            "loss/value_avg",
            "val/clipfrac_avg",
            "val/ratio",
            "val/ratio_var",
            "val/num_eos_tokens",
            "val/var_explained");
    // The head of values is no part of the policy.
    try (var files = Files.list(done.modelFolder())) {
      assertThat(files.map(each -> each.getFileName().toString()).toList())
          .contains("adapter_model.safetensors")
          .noneMatch(name -> name.contains("head"));
    }
    assertThat(Checkpoint.open(done.modelFolder().resolve("adapter_model.safetensors")).names())
        .allMatch(name -> name.contains("lora_"));

    // What it learned is the reference of what goes on from it: rlhf point 17.
    Recorded second = new Recorded(Integer.MAX_VALUE);
    run(
        ppo(1, ""),
        dataset(questions(12)),
        Optional.of(new BaseFolders(base, Optional.of(done.modelFolder()))),
        Optional.empty(),
        RED,
        second,
        EngineOutcome.Completed.class);
    assertThat(second.steps.get(0).metrics().get("reward")).isGreaterThan(heard.reward(0, 8) + 0.2);
    assertThat(second.steps.get(0).metrics().get("objective/kl")).isCloseTo(0, within(1e-3));
  }

  @Test
  void shouldRefuseWhatContradictsItself() {
    assertThatThrownBy(() -> spec(ppo(1, "'numMiniBatches': 5, ")))
        .isInstanceOf(InvalidSpecException.class)
        .hasMessageContaining("objective.numMiniBatches")
        .hasMessageContaining("4 prompts");
    assertThatThrownBy(() -> spec(ppo(1, "'klIn': 'loss', 'target': 6, ")))
        .hasMessageContaining("objective.target");
    assertThatThrownBy(() -> spec(ppo(1, "'klCoef': 0, 'target': 6, ")))
        .hasMessageContaining("objective.target");
  }

  /** Where weights are trained the starting model is not there any more. */
  @Test
  void shouldRefuseAReferenceThatTrainingMoves() {
    String weights = ppo(1, "").replace("'maxSteps'", "'adapter': {'type': 'none'}, 'maxSteps'");
    assertThatThrownBy(() -> spec(weights))
        .isInstanceOf(InvalidSpecException.class)
        .hasMessageContaining("objective.klCoef");
  }

  @Test
  void shouldEndWhatHasNothingToLearnFrom() throws Exception {
    AnswerScorer equal =
        (reward, answers, at, waiting) ->
            AnswerScorer.Scores.of(answers.stream().map(a -> OptionalDouble.of(0.5)).toList());
    Recorded heard = new Recorded(Integer.MAX_VALUE);
    TrainingException ended =
        catchThrowableOfType(
            TrainingException.class,
            () ->
                run(
                    SAMPLED
                        .formatted("grpo", 20)
                        .replace("'maxSteps'", "'guards': {'patience': 3}, 'maxSteps'"),
                    dataset(questions(12)),
                    fromBase(),
                    Optional.empty(),
                    equal,
                    heard,
                    EngineOutcome.Completed.class));
    assertThat(ended.detail().code()).isEqualTo("equal_rewards");
    assertThat(ended).hasMessageContaining("up to step 3");
    assertThat(heard.steps).hasSize(3);
    assertThat(heard.steps.get(0).metrics()).containsKey("scoring_seconds");
    assertThatThrownBy(() -> spec("{'method': 'sft', 'guards': {'patience': 3}}"))
        .isInstanceOf(InvalidSpecException.class)
        .hasMessageContaining("guards");
    assertThatThrownBy(() -> spec(SAMPLED.formatted("grpo", 1).replace(": 8,", ": 1,")))
        .isInstanceOf(InvalidSpecException.class)
        .hasMessageContaining("numGenerations");
  }

  @Test
  void shouldTellWhatEachRewardOfAnEnsembleGave() throws Exception {
    AnswerScorer two =
        (reward, answers, at, waiting) ->
            new AnswerScorer.Scores(
                RED.score(reward, answers, at, waiting).values(),
                Map.of("taste", AnswerScorer.Spread.of(List.of(1.0, 3.0))));
    Recorded heard = new Recorded(Integer.MAX_VALUE);
    run(
        SAMPLED.formatted("grpo", 1),
        dataset(questions(4)),
        fromBase(),
        Optional.empty(),
        two,
        heard,
        EngineOutcome.Completed.class);
    assertThat(heard.steps.get(0).metrics())
        .containsEntry("rewards/taste/mean", 2.0)
        .containsEntry("rewards/taste/std", Math.sqrt(2));
  }

  /** Values by an adapter of their own, which is no part of what is registered. */
  @Test
  void shouldLearnByPpoWithATrunkOfItsOwnForValues() throws Exception {
    Recorded heard = new Recorded(Integer.MAX_VALUE);
    EngineOutcome.Completed done =
        run(
            ppo(60, "'numPpoEpochs': 2, 'klCoef': 0.01, 'valueTrunk': 'own', "),
            dataset(questions(12)),
            fromBase(),
            Optional.empty(),
            RED,
            heard,
            EngineOutcome.Completed.class);
    assertThat(heard.reward(54, 60)).isGreaterThan(heard.reward(0, 6) + 0.2);
    assertThat(heard.steps.get(59).metrics().get("val/var_explained")).isGreaterThan(0);
    assertThat(Checkpoint.open(done.modelFolder().resolve("adapter_model.safetensors")).names())
        .allMatch(name -> name.contains("lora_") && !name.contains("value"));
    assertThatThrownBy(
            () ->
                run(
                    ppo(1, "'klCoef': 0, 'valueTrunk': 'own', ")
                        .replace("'maxSteps'", "'adapter': {'type': 'none'}, 'maxSteps'"),
                    dataset(questions(4)),
                    fromBase(),
                    Optional.empty(),
                    RED,
                    new Recorded(1),
                    EngineOutcome.Completed.class))
        .hasMessageContaining("value_trunk");
  }

  @ParameterizedTest
  @ValueSource(strings = {"grpo", "ppo", "ppo, own trunk"})
  void shouldResumeWithTheSameBits(String objective) throws Exception {
    String spec =
        objective.contains(",") ? ppo(6, "'valueTrunk': 'own', ") : SAMPLED.formatted(objective, 6);
    Path questions = dataset(questions(12));
    Recorded whole = new Recorded(Integer.MAX_VALUE);
    EngineOutcome.Completed undisturbed =
        run(
            spec,
            questions,
            fromBase(),
            Optional.empty(),
            RED,
            whole,
            EngineOutcome.Completed.class);
    Recorded cut = new Recorded(3);
    run(spec, questions, fromBase(), Optional.empty(), RED, cut, EngineOutcome.Stopped.class);
    EngineOutcome.Completed resumed =
        run(
            spec,
            questions,
            fromBase(),
            Optional.of(cut.checkpoint),
            RED,
            new Recorded(Integer.MAX_VALUE),
            EngineOutcome.Completed.class);
    String weights = "adapter_model.safetensors";
    assertThat(resumed.modelFolder().resolve(weights))
        .hasSameBinaryContentAs(undisturbed.modelFolder().resolve(weights));
  }

  /** Told to stop before the answers have come to their ends: nobody is asked to score them. */
  @Test
  void shouldStopWhileAnswersAreSampled() throws Exception {
    Recorded told = new Recorded(0);
    EngineOutcome.Stopped stopped =
        run(
            SAMPLED.formatted("grpo", 2),
            dataset(questions(4)),
            fromBase(),
            Optional.empty(),
            (reward, answers, at, waiting) -> {
              throw new AssertionError("scores are asked for");
            },
            told,
            EngineOutcome.Stopped.class);
    assertThat(stopped.step()).isZero();
    assertThat(told.steps).isEmpty();
    assertThat(told.checkpoint).isNull();
  }

  /** Told to stop while nobody scores: whatever step it is at is kept, and nothing is a fault. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void shouldStopWhileScoresAreWaitedFor(int scored) throws Exception {
    // The checkpoint of step 1 is there already when the run is told to stop.
    String spec =
        SAMPLED
            .formatted("grpo", 3)
            .replace("'checkpointEverySteps': 100", "'checkpointEverySteps': 1");
    Path questions = dataset(questions(12));
    Recorded cut = new Recorded(Integer.MAX_VALUE);
    AnswerScorer absent =
        (reward, answers, at, waiting) -> {
          if (cut.steps.size() < scored) {
            return RED.score(reward, answers, at, waiting);
          }
          waiting.run();
          cut.stop = true;
          waiting.run();
          throw new AssertionError("it waits on");
        };
    EngineOutcome.Stopped stopped =
        run(
            spec,
            questions,
            fromBase(),
            Optional.empty(),
            absent,
            cut,
            EngineOutcome.Stopped.class);
    assertThat(stopped.step()).isEqualTo(scored);
    assertThat(Optional.ofNullable(cut.checkpoint).isPresent()).isEqualTo(scored > 0);

    Recorded again = new Recorded(Integer.MAX_VALUE);
    EngineOutcome.Completed resumed =
        run(
            spec,
            questions,
            fromBase(),
            Optional.ofNullable(cut.checkpoint),
            RED,
            again,
            EngineOutcome.Completed.class);
    assertThat(again.steps).hasSize(3 - scored);
    String weights = "adapter_model.safetensors";
    assertThat(resumed.modelFolder().resolve(weights))
        .hasSameBinaryContentAs(
            run(
                    spec,
                    questions,
                    fromBase(),
                    Optional.empty(),
                    RED,
                    new Recorded(Integer.MAX_VALUE),
                    EngineOutcome.Completed.class)
                .modelFolder()
                .resolve(weights));
  }

  /** Prompts without answers, and what rewards are shown of a conversation. */
  @Test
  void shouldAskPromptsWithoutAnswers() throws Exception {
    String rows =
        """
        {"id":"text","prompt":"Box 1. Colour:"}
        {"id":"chat","messages":[{"role":"system","content":"B."},{"role":"user","content":"Box"}]}
        """;
    Map<String, RewardRequested.Item> asked = new HashMap<>();
    AnswerScorer listening =
        (reward, answers, at, waiting) -> {
          answers.forEach(each -> asked.put(each.itemId().replaceAll("#.*", ""), each));
          return RED.score(reward, answers, at, waiting);
        };
    EngineOutcome.Completed done =
        run(
            SAMPLED.formatted("grpo", 1),
            dataset(rows),
            fromBase(),
            Optional.empty(),
            listening,
            new Recorded(Integer.MAX_VALUE),
            EngineOutcome.Completed.class);
    assertThat(done.metrics()).containsEntry("prompts", 2.0);
    assertThat(asked.get("text").prompt()).isEqualTo("Box 1. Colour:");
    assertThat(asked.get("text").messages()).isNull();
    assertThat(asked.get("chat").prompt()).isEqualTo("Box");
    assertThat(asked.get("chat").messages())
        .containsExactly(
            new NormalRow.ChatMessage("system", "B."), new NormalRow.ChatMessage("user", "Box"));
    assertThat(asked.values()).allSatisfy(each -> assertThat(each.reference()).isNull());
    // The same tokens as before an answer.
    assertThat(prompts("{\"id\":\"a\",\"messages\":[%s]}"))
        .isEqualTo(
            prompts("{\"id\":\"a\",\"messages\":[%s,{\"role\":\"assistant\",\"content\":\"x\"}]}"));
  }

  private static double prompts(String row) throws Exception {
    return run(
            SAMPLED.formatted("grpo", 1),
            dataset(row.formatted("{\"role\":\"user\",\"content\":\"Box\"}")),
            fromBase(),
            Optional.empty(),
            // Something must be learned, or nothing is registered.
            (reward, answers, at, waiting) ->
                AnswerScorer.Scores.of(
                    IntStream.range(0, answers.size())
                        .mapToObj(i -> OptionalDouble.of(i))
                        .toList()),
            new Recorded(Integer.MAX_VALUE),
            EngineOutcome.Completed.class)
        .metrics()
        .get("prompt_tokens");
  }

  /** Who asks for a replay is told at once that a job runs, which may take days. */
  @Test
  void shouldLetNoReplayWaitForARunningJob() throws Exception {
    Path questions = dataset(questions(4));
    TrainingJob job = new TrainingJob("sampled", spec(SAMPLED.formatted("grpo", 1)), "tiny");
    AtomicReference<LlmTrainingEngine> engine = new AtomicReference<>();
    List<Throwable> refused = new ArrayList<>();
    engine.set(
        new LlmTrainingEngine(
            "cpu",
            (reward, answers, at, waiting) -> {
              assertThat(engine.get().isBusy()).isTrue();
              Thread asking =
                  new Thread(
                      () ->
                          refused.add(
                              catchThrowable(
                                  () ->
                                      engine
                                          .get()
                                          .rerun(
                                              job,
                                              questions,
                                              fromBase(),
                                              folder.resolve("rerun"),
                                              EngineListener.NONE))));
              asking.start();
              try {
                asking.join();
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
              return RED.score(reward, answers, at, waiting);
            }));
    engine
        .get()
        .run(
            job,
            questions,
            fromBase(),
            Optional.empty(),
            Files.createTempDirectory(folder, "work"),
            EngineListener.NONE);
    assertThat(refused)
        .singleElement()
        .isInstanceOfSatisfying(
            TrainingException.class, e -> assertThat(e.detail().code()).isEqualTo("trainer_busy"));
    assertThat(engine.get().isBusy()).isFalse();
  }

  /** One question that leaves no room for an answer, and one that is none: the others are asked. */
  @Test
  void shouldLeaveOutWhatCannotBeAsked() throws Exception {
    String rows = questions(4) + row("long", "Box ".repeat(40), " red");
    EngineOutcome.Completed done =
        run(
            SAMPLED.formatted("grpo", 1),
            dataset(rows),
            fromBase(),
            Optional.empty(),
            RED,
            new Recorded(Integer.MAX_VALUE),
            EngineOutcome.Completed.class);
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
                    EngineOutcome.Completed.class));
    assertThat(text.detail().code()).isEqualTo("dataset_layout_unsupported");
    assertThatThrownBy(() -> spec("{'objective': {'type': 'grpo'}}"))
        .isInstanceOf(InvalidSpecException.class)
        .hasMessageContaining("objective.reward");
  }

  private static Optional<BaseFolders> fromBase() {
    return Optional.of(new BaseFolders(base, Optional.empty()));
  }

  private static <T extends EngineOutcome> T run(
      String spec,
      Path dataset,
      Optional<BaseFolders> from,
      Optional<Path> resume,
      AnswerScorer scorer,
      EngineListener listener,
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
