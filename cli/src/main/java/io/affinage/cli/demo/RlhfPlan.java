package io.affinage.cli.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.artifacts.ArtifactStore;
import io.affinage.cli.run.DataRules;
import io.affinage.cli.run.LocalFiles;
import io.affinage.cli.run.RunRequest;
import io.affinage.events.DatasetFormat;
import io.affinage.events.DatasetLayout;
import io.affinage.events.DatasetReady;
import io.affinage.events.DatasetSource;
import io.affinage.events.EvaluationSpec;
import io.affinage.events.LearnedRewards;
import io.affinage.events.RewardSpec;
import io.affinage.events.SplitPolicy;
import io.affinage.events.Stage;
import io.affinage.events.TrainingSpec;
import io.affinage.events.adapter.LoraSpec;
import io.affinage.events.objective.PpoSpec;
import io.affinage.events.spec.Settings;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The run of the demo of preferences: imitation, a reward model of pairs, a policy that it rewards,
 * and all of them measured beside each other by a rule that no training has seen.
 *
 * @param size how much of everything
 */
public record RlhfPlan(Size size) {
  /** The names of the stages. */
  public static final String SFT = "sft";

  public static final String REWARD_MODEL = "rm";
  public static final String POLICY = "ppo";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long SEED = 7;
  private static final int LONGEST = 128;
  private static final int LONGEST_ANSWER = 24;

  /**
   * How much of everything.
   *
   * @param pretrained what the base model was made from
   * @param answers rows of imitation
   * @param pairs rows that the reward model learns from, held-out ones included
   * @param prompts of rollouts and of the evaluation together
   * @param heldOut prompts that the evaluation uses at most
   */
  public record Size(
      DemoPlan.Size pretrained,
      int answers,
      int pairs,
      int prompts,
      int sftSteps,
      int rewardSteps,
      int policySteps,
      int heldOut) {

    /** What {@code affinage demo --rlhf} runs. */
    public static Size standard() {
      return new Size(DemoPlan.Size.standard(), 600, 800, 600, 60, 80, 40, 200);
    }
  }

  private PreferenceData data() {
    DemoPlan.Size before = size.pretrained();
    return PreferenceData.generate(
        SEED,
        before.conversations() + before.tickets(),
        size.answers(),
        size.pairs(),
        size.prompts());
  }

  /** What the reward model learns from. */
  public RunRequest pairs(ArtifactStore store) throws IOException {
    return handedIn(
        store,
        "support-pairs",
        data().pairs().entrySet().stream()
            .map(
                row ->
                    Map.of(
                        "prompt", row.getKey(),
                        "chosen", row.getValue().chosen(),
                        "rejected", row.getValue().rejected()))
            .toList(),
        DatasetLayout.PREFERENCE,
        new SplitPolicy(0.2, 0, ""));
  }

  /** What policies are asked, and what must be in an answer. */
  public RunRequest prompts(ArtifactStore store) throws IOException {
    return handedIn(
        store,
        "support-prompts",
        data().prompts().entrySet().stream()
            .map(row -> Map.of("prompt", row.getKey(), "completion", row.getValue()))
            .toList(),
        DatasetLayout.PROMPT_COMPLETION,
        new SplitPolicy(0, 0.4, ""));
  }

  /**
   * The whole run, which begins on the answers that are imitated.
   *
   * @param base the pre-trained model, as {@link io.affinage.events.TrainingRequested#baseModel()}
   *     takes it
   */
  public RunRequest tuning(
      ArtifactStore store, String base, DatasetReady pairs, DatasetReady prompts)
      throws IOException {
    RunRequest answers =
        handedIn(
            store,
            "support-answers",
            data().answers().entrySet().stream()
                .map(row -> Map.of("prompt", row.getKey(), "completion", row.getValue()))
                .toList(),
            DatasetLayout.PROMPT_COMPLETION,
            new SplitPolicy(0, 0, ""));
    return new RunRequest(
        answers.name(),
        answers.source(),
        answers.rules(),
        List.of(
            new Stage.Train(base, sft(), SFT, null, SFT, null, null),
            new Stage.Train(
                Stage.OF_STAGE + SFT,
                rewardModel(),
                REWARD_MODEL,
                null,
                REWARD_MODEL,
                pairs.dataset(),
                pairs.name()),
            new Stage.Train(
                Stage.OF_STAGE + SFT,
                policy(),
                POLICY,
                null,
                POLICY,
                prompts.dataset(),
                prompts.name()),
            new Stage.Evaluate(
                evaluation(), null, null, null, List.of(Stage.BASE, Stage.OF_STAGE + SFT))));
  }

  private TrainingSpec sft() {
    return training(size.sftSteps(), 16, 0.005).with("method", "sft").record();
  }

  private TrainingSpec rewardModel() {
    return training(size.rewardSteps(), 16, 0.003)
        .with("method", LearnedRewards.REWARD_MODEL)
        .record();
  }

  /** Sixty-four answers an iteration, each learned from in two passes. */
  private TrainingSpec policy() {
    return training(size.policySteps(), 16, 0.0005)
        .with(
            "objective",
            Settings.build(PpoSpec.class)
                .with("reward", new RewardSpec.Model(Stage.OF_STAGE + REWARD_MODEL))
                .with("numGenerations", 4)
                .with("numPpoEpochs", 2)
                .with("temperature", 1.0)
                .with("maxCompletionLength", LONGEST_ANSWER)
                .with("missingEosPenalty", 1.0)
                .record())
        .record();
  }

  private static Settings.Builder<TrainingSpec> training(int steps, int batch, double rate) {
    return Settings.build(TrainingSpec.class)
        .with("adapter", new LoraSpec(16, 32.0, 0.0, false, List.of("all-linear"), null, null))
        .with("maxSteps", steps)
        .with("batchSize", batch)
        .with("learningRate", rate)
        .with("schedule", "cosine")
        .with("warmupRatio", 0.05)
        .with("maxLength", LONGEST)
        .with("dtype", "float32")
        .with("checkpointEverySteps", Math.max(1, steps / 3))
        .with("seed", SEED);
  }

  /** Right and polite: a rule, so that no reward model judges its own work. */
  private EvaluationSpec evaluation() {
    return new EvaluationSpec(
        List.of("reward"),
        "test",
        size.heldOut(),
        0,
        LONGEST_ANSWER,
        new RewardSpec.Regex(
            "^\\s*" + PreferenceData.THANKS.replace(".", "\\.") + "\\s*{reference}\\s*$"),
        null,
        new EvaluationSpec.Gate(0.1, 0.01),
        SEED);
  }

  private static RunRequest handedIn(
      ArtifactStore store,
      String name,
      List<Map<String, String>> rows,
      DatasetLayout layout,
      SplitPolicy split)
      throws IOException {
    String text = rows.stream().map(RlhfPlan::json).collect(Collectors.joining("\n", "", "\n"));
    ByteArrayInputStream bytes = new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    return new RunRequest(
        name,
        new DatasetSource.Stored(
            LocalFiles.reference(store.put(bytes)), name + ".jsonl", null, null),
        new DataRules(DatasetFormat.JSONL, layout, split, true, null, null, null),
        List.of());
  }

  private static String json(Map<String, String> row) {
    try {
      // Map.of has an order of its own in every process.
      return JSON.writeValueAsString(new TreeMap<>(row));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("texts are always representable as JSON", e);
    }
  }
}
