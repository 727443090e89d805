package io.affinage.cli.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.artifacts.ArtifactStore;
import io.affinage.cli.run.DataRules;
import io.affinage.cli.run.LocalFiles;
import io.affinage.cli.run.RunRequest;
import io.affinage.events.DatasetFormat;
import io.affinage.events.DatasetLayout;
import io.affinage.events.DatasetSource;
import io.affinage.events.EvaluationSpec;
import io.affinage.events.RewardSpec;
import io.affinage.events.SplitPolicy;
import io.affinage.events.Stage;
import io.affinage.events.TrainingSpec;
import io.affinage.events.adapter.LoraSpec;
import io.affinage.events.spec.Settings;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The two runs of the demo: a tiny model from nothing, and its tuning.
 *
 * <p>The numbers are what two CPU cores manage in about two minutes.
 *
 * @param size how much of everything
 */
public record DemoPlan(Size size) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * How much of everything.
   *
   * @param conversations documents of the pre-training text
   * @param tickets rows of the task, held-out ones included
   * @param shape of the tiny model
   * @param pretrainSteps optimizer steps on rows of 128 tokens
   * @param pretrainBatch rows of a step
   * @param pretrainRate peak learning rate
   * @param tuningSteps optimizer steps on 16 tickets
   * @param tuningRate peak learning rate
   * @param heldOut tickets that the evaluation uses at most
   */
  public record Size(
      int conversations,
      int tickets,
      TrainingSpec.Architecture shape,
      int pretrainSteps,
      int pretrainBatch,
      double pretrainRate,
      int tuningSteps,
      double tuningRate,
      int heldOut) {

    /** What {@code affinage demo} runs. */
    public static Size standard() {
      return new Size(
          10_000,
          700,
          new TrainingSpec.Architecture(128, 384, 4, 4, 4, 1024, 256),
          400,
          8,
          0.004,
          60,
          0.005,
          120);
    }
  }

  private static final long SEED = 7;
  private static final int TEXT_ROW = 128;

  private DemoData data() {
    return DemoData.generate(SEED, size.conversations(), size.tickets());
  }

  /** Pre-training of the base model. */
  public RunRequest pretraining(ArtifactStore store) throws IOException {
    String text = String.join("\n\n", data().conversations());
    TrainingSpec spec =
        Settings.build(TrainingSpec.class)
            .with("method", "pretrain")
            .with("architecture", size.shape())
            .with("maxSteps", size.pretrainSteps())
            .with("batchSize", size.pretrainBatch())
            .with("learningRate", size.pretrainRate())
            .with("schedule", "cosine")
            .with("warmupRatio", 0.1)
            .with("weightDecay", 0.1)
            .with("maxGradNorm", 1.0)
            .with("maxLength", TEXT_ROW)
            .with("dtype", "float32")
            .with("checkpointEverySteps", Math.max(1, size.pretrainSteps() / 4))
            .with("seed", SEED)
            .record();
    return new RunRequest(
        "support-desk-text",
        stored(store, text, "support-desk.txt"),
        rules(DatasetFormat.TEXT, DatasetLayout.TEXT, 0.01),
        List.of(new Stage.Train("scratch", spec, "support-desk")));
  }

  /**
   * Tuning and evaluation.
   *
   * @param base the pre-trained model, as {@link io.affinage.events.TrainingRequested#baseModel()}
   *     takes it
   */
  public RunRequest tuning(ArtifactStore store, String base) throws IOException {
    String rows =
        data().tickets().entrySet().stream()
            .map(row -> json(row.getKey(), row.getValue()))
            .collect(Collectors.joining("\n", "", "\n"));
    TrainingSpec spec =
        Settings.build(TrainingSpec.class)
            .with("method", "sft")
            .with("adapter", new LoraSpec(16, 32.0, 0.0, false, List.of("all-linear"), null, null))
            .with("maxSteps", size.tuningSteps())
            .with("batchSize", 16)
            .with("learningRate", size.tuningRate())
            .with("schedule", "cosine")
            .with("warmupRatio", 0.05)
            .with("weightDecay", 0.0)
            .with("maxGradNorm", 1.0)
            .with("maxLength", 96)
            .with("overlength", "fail")
            .with("packing", true)
            .with("completionOnly", true)
            .with("dtype", "float32")
            .with("checkpointEverySteps", Math.max(1, size.tuningSteps() / 3))
            .with("seed", SEED)
            .record();
    EvaluationSpec evaluation =
        new EvaluationSpec(
            List.of("exact_match"),
            "test",
            size.heldOut(),
            3,
            24,
            new RewardSpec.ExactMatch(false, false),
            null,
            new EvaluationSpec.Gate(0.2, 0.01),
            SEED);
    return new RunRequest(
        "support-tickets",
        stored(store, rows, "support-tickets.jsonl"),
        rules(DatasetFormat.JSONL, DatasetLayout.PROMPT_COMPLETION, 0.2),
        List.of(new Stage.Train(base, spec, "support-tickets"), new Stage.Evaluate(evaluation)));
  }

  private static DataRules rules(DatasetFormat format, DatasetLayout layout, double test) {
    return new DataRules(format, layout, new SplitPolicy(0, test, ""), true, null, null, null);
  }

  private static DatasetSource stored(ArtifactStore store, String content, String filename)
      throws IOException {
    ByteArrayInputStream bytes = new ByteArrayInputStream(content.getBytes(StandardCharsets.UTF_8));
    return new DatasetSource.Stored(LocalFiles.reference(store.put(bytes)), filename, null, null);
  }

  private static String json(String prompt, String completion) {
    Map<String, String> row = new LinkedHashMap<>();
    row.put("prompt", prompt);
    row.put("completion", completion);
    try {
      return JSON.writeValueAsString(row);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("two texts are always representable as JSON", e);
    }
  }
}
