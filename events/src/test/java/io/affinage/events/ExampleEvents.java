package io.affinage.events;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.TextNode;
import io.affinage.events.adapter.LoraSpec;
import io.affinage.events.spec.Settings;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** At least one example of every event; the second of a kind leaves out all that is optional. */
public final class ExampleEvents {
  static final ArtifactRef FOLDER =
      new ArtifactRef("sha256:" + "0a".repeat(32), ArtifactRef.Kind.FOLDER, 1234);
  static final ArtifactRef FILE =
      new ArtifactRef("sha256:" + "1b".repeat(32), ArtifactRef.Kind.FILE, 99);
  static final ErrorDetail ERROR = new ErrorDetail("non_finite_loss", "loss is NaN", "spec");
  public static final TrainingSpec SPARSE_SPEC =
      Settings.build(TrainingSpec.class).with("method", "sft").record();
  static final TrainingSpec SPEC =
      Settings.build(TrainingSpec.class)
          .with("method", "sft")
          .with("adapter", new LoraSpec(16, 32.0, 0.05, false, List.of("all-linear"), null, null))
          .with("architecture", new TrainingSpec.Architecture(128, 256, 4, 4, 2, 1024, 256))
          .with("epochs", 2.0)
          .with("maxSteps", 100)
          .with("batchSize", 8)
          .with("gradientAccumulation", 2)
          .with("learningRate", 2e-4)
          .with("schedule", "cosine")
          .with("warmupRatio", 0.03)
          .with("weightDecay", 0.01)
          .with("maxGradNorm", 1.0)
          .with("maxLength", 512)
          .with("overlength", "truncate")
          .with("packing", true)
          .with("completionOnly", true)
          .with("dtype", "bfloat16")
          .with("checkpointEverySteps", 50)
          .with("seed", 42L)
          .with(
              "weights",
              new TrainingSpec.Weights("last_layers", 2, List.of("lm_head.*"), List.of("*norm*")))
          .with(
              "optimizer",
              new TrainingSpec.Optimizer("adamw_8bit", 0.9, 0.95, 1e-8, 0.9, true, 16.0, 0.5, true))
          .with("decayRatio", 0.2)
          .with("minLearningRateRatio", 0.1)
          .with("tokenBudget", 4096)
          .with("regularisation", new TrainingSpec.Regularisation(5.0, 0.1, 0.999))
          .with("evaluation", new TrainingSpec.Evaluation(25, 3, 0.001, true, 128))
          .with("keepCheckpoints", 2)
          .with("recomputeActivations", true)
          .with("maxSkippedSteps", 3)
          .with("trainOn", "last_answer")
          .with("strict", true)
          .with("allowTokenLoss", false)
          .record();
  private static final Warning WARNING = new Warning("loss_rose", "the loss rose");
  static final TrainingSpec PREFERENCE_SPEC = preferences();
  static final EvaluationSpec EVALUATION_SPEC =
      new EvaluationSpec(
          List.of("exact_match", "perplexity"),
          "test",
          200,
          4,
          64,
          new RewardSpec.ExactMatch(true, false),
          List.of("yes", "no"),
          new EvaluationSpec.Gate(0.01, 0.05),
          7L);
  static final RoutingSlip SLIP =
      new RoutingSlip(
          "run-1",
          List.of(
              new Stage.Train("scratch", SPEC, "demo"),
              new Stage.Train("hub:owner/name", SPARSE_SPEC, null),
              new Stage.Train("previous", SPARSE_SPEC, null, null, "last", FOLDER, "pairs"),
              new Stage.Evaluate(
                  EVALUATION_SPEC, null, null, "stage:last", List.of("base", "stage:first")),
              new Stage.Evaluate(EVALUATION_SPEC)),
          Map.of("first", "smol:demo:1"),
          "smol:demo:1");
  static final ModelRegistered MODEL = registered(FILE, SLIP, "sha256:" + "2c".repeat(32));

  private static final List<NormalRow.ChatMessage> CONVERSATION =
      List.of(
          new NormalRow.ChatMessage("system", "Count."),
          new NormalRow.ChatMessage("user", "1"),
          new NormalRow.ChatMessage(
              "assistant",
              null,
              "what comes next?",
              List.of(
                  new NormalRow.ToolCall(
                      "c1",
                      "function",
                      new NormalRow.ToolCall.Function(
                          "next", JsonNodeFactory.instance.objectNode().put("of", 1)))),
              null,
              null,
              null),
          new NormalRow.ChatMessage("tool", "2", null, null, "c1", "next", null));

  private static final JsonNode TOOL =
      JsonNodeFactory.instance.objectNode().put("type", "function");

  private ExampleEvents() {}

  public static Stream<EventData> all() {
    EvaluationCompleted.Estimate estimate = new EvaluationCompleted.Estimate(0.5, 0.4, 0.6, 100);
    return Stream.of(
        new FileUploaded("file-1", "rows.jsonl", "fine-tune", FILE, 1_700_000_000L),
        new FileUploaded("file-2", "rows.jsonl", null, FILE, 1_700_000_000L),
        new DatasetSubmitted(
            "sub-1",
            "intents",
            new DatasetSource.Reference(
                "s3://b/k", Map.of("utterance", "prompt"), Map.of("system", "s")),
            DatasetFormat.CSV,
            DatasetLayout.PROMPT_COMPLETION,
            new SplitPolicy(0.05, 0.1, "salt"),
            true,
            SLIP,
            "windows-1252",
            ";",
            KeptAnswers.CHOSEN),
        new DatasetSubmitted(
            "sub-2",
            "upload",
            new DatasetSource.Stored(FILE, null, null, null),
            DatasetFormat.AUTO,
            DatasetLayout.AUTO,
            null,
            false,
            null),
        new DatasetSubmitted(
            "sub-3",
            "inline",
            new DatasetSource.Inline(
                List.of(JsonNodeFactory.instance.objectNode().put("text", "naïve 漢字"))),
            DatasetFormat.JSONL,
            DatasetLayout.TEXT,
            SplitPolicy.DEFAULT,
            false,
            new RoutingSlip("run", List.of())),
        new DatasetReady(
            "sub-1",
            "intents",
            FOLDER,
            DatasetLayout.ALPACA,
            new DatasetCounts(12, 7, 2, 1, 2),
            Map.of("train", 6L, "test", 1L),
            SLIP,
            Map.of("messages[].train", 3L),
            Map.of("turns_merged", 1L),
            KeptAnswers.DESIRABLE),
        new DatasetReady(
            "sub-2",
            "upload",
            FOLDER,
            DatasetLayout.TEXT,
            new DatasetCounts(0, 0, 0, 0),
            Map.of(),
            null),
        new DatasetRejected("sub-1", "intents", ERROR, new DatasetCounts(3, 0, 0, 3)),
        new DatasetRejected(
            "sub-2", "x", new ErrorDetail("unreadable", "no such file", null), null),
        new TrainingRequested(
            "job-1", "scratch", FOLDER, "intents", SPEC, "demo", Map.of("who", "me"), SLIP),
        new TrainingRequested(
            "job-2", "model:x", null, null, SPARSE_SPEC, null, null, null, "sub-1", null, null),
        new TrainingRequested(
            "job-3", "model:x", FOLDER, "pairs", PREFERENCE_SPEC, null, null, null),
        new TrainingClaimed("job-1", 1, "worker-a", 30_000),
        new TrainingHeartbeat("job-1", 1, "worker-a", 12, ERROR),
        new TrainingHeartbeat("job-1", 1, "worker-a", 12),
        new TrainingCheckpointed("job-1", 1, "worker-a", 50, FOLDER, 1.25),
        new TrainingCheckpointed("job-1", 1, "worker-a", 51, FOLDER, null),
        new TrainingReleased("job-1", 1, "worker-a", "shutdown"),
        new TrainingReleased("job-1", 2, "worker-a", null),
        new TrainingControlRequested("job-1", TrainingControlRequested.Action.CANCEL),
        new TrainingProgressed(
            "job-1", 1, "worker-a", 3, 10, 2.5, 1e-4, 4096, 150.5, 12.0, Map.of("grad_norm", 1.0)),
        new TrainingProgressed(
            "job-1", 1, "w", 5, 10, 2.5, 1e-4, 4096, 150.5, 12.0, null, List.of(WARNING), null),
        new TrainingProgressed(
            "job-1",
            1,
            "w",
            5,
            10,
            2.5,
            1e-4,
            4096,
            150.5,
            12.0,
            null,
            null,
            new TrainingProgressed.Pass("backward", 12, 80)),
        new TrainingProgressed("job-1", 1, "w", 4, 10, null, null, 0, null, null, null),
        new TrainingFailed("job-1", 1, "worker-a", ERROR, SLIP),
        new TrainingFailed("job-2", 1, "worker-a", ERROR, null),
        new TrainingCancelled("job-1", 2, "worker-a"),
        new RolloutsSampled("job-1", 1, "worker-a", 3, FOLDER.digest(), FILE, 16, null),
        new RolloutsSampled("job-1", 1, "worker-a", 4, FOLDER.digest(), FILE, 32, 1),
        new RolloutsScored("job-1", 1, "worker-a", 3, FILE.digest(), FILE),
        new PolicyUpdated("job-1", 1, "worker-a", 3, FOLDER.digest(), FILE.digest()),
        MODEL,
        registered(null, null, null),
        new RewardRequested(
            "req-1",
            new RewardSpec.NumericAnswer(1e-6),
            List.of(
                new RewardRequested.Item("i1", "2+2?", "4", "4"),
                new RewardRequested.Item("i2", "2+3?", "", null)),
            SLIP),
        reward("req-2", new RewardSpec.Regex("\\d+")),
        reward("req-3", new RewardSpec.JsonSchema(JsonNodeFactory.instance.objectNode())),
        reward(
            "req-4",
            new RewardSpec.JsonSchema(
                JsonNodeFactory.instance.objectNode().set("minimum", new IntNode(3)))),
        reward("req-5", new RewardSpec.Length(10, 20)),
        new RewardRequested(
            "req-6",
            new RewardSpec.IfEval(
                List.of(
                    new RewardInstruction(
                        "keywords:frequency",
                        Map.of("keyword", new TextNode("tea"), "frequency", new IntNode(2)))),
                "mean",
                true),
            List.of(
                new RewardRequested.Item(
                    "i1",
                    "p",
                    "c",
                    null,
                    List.of(new RewardInstruction("startend:quotation", null)),
                    "g",
                    null,
                    null)),
            null),
        new RewardRequested(
            "req-15",
            new RewardSpec.Model("smol:helpful:1"),
            List.of(
                new RewardRequested.Item(
                    "i1", "2", "two", null, null, null, CONVERSATION, List.of(TOOL))),
            null),
        reward("req-7", new RewardSpec.IfEval(null, null, false)),
        reward("req-8", new RewardSpec.Format("<a>…</a>", null, "<a>", true, true)),
        reward(
            "req-10",
            new RewardSpec.Ensemble(
                List.of(
                    new RewardSpec.Member(
                        "short",
                        new RewardSpec.Length(1, 20),
                        -0.5,
                        "standardize",
                        "request",
                        new RewardSpec.Clip(-2.0, null),
                        0.0),
                    new RewardSpec.Member(
                        null, new RewardSpec.Regex("x"), null, null, null, null, null)),
                new RewardSpec.Clip(null, 5.0))),
        reward("req-9", new RewardSpec.Format(null, "a|b", null, false, false)),
        new RewardScored(
            "req-1",
            List.of(
                new RewardScored.Score("i1", 1.0, "4 = 4", null),
                new RewardScored.Score("i2", null, null, null),
                new RewardScored.Score("i3", null, "no completion", "missing_completion")),
            null),
        reward(
            "req-11",
            new RewardSpec.External(
                "reward.external.requested.tone",
                5_000L,
                1,
                0.0,
                JsonNodeFactory.instance.objectNode().put("tone", "calm"))),
        reward("req-12", new RewardSpec.External(null, null, null, null, null)),
        new RewardRequested(
            "req-14",
            new RewardSpec.Model("smol:helpful:1"),
            List.of(),
            null,
            new ArtifactRef("sha256:" + "e".repeat(64), ArtifactRef.Kind.FILE, 3_000_000)),
        new RewardScored(
            "req-14",
            List.of(),
            null,
            new ArtifactRef("sha256:" + "f".repeat(64), ArtifactRef.Kind.FILE, 2_000_000)),
        reward("req-13", new RewardSpec.Model("smol:helpful:1")),
        new RewardExternalRequested(
            "ext-1",
            "req-11",
            List.of(
                new RewardExternalRequested.Item(
                    "i1", "2", "c", "r", "g", CONVERSATION, List.of(TOOL))),
            JsonNodeFactory.instance.objectNode().put("tone", "calm")),
        new RewardExternalRequested(
            "ext-2",
            "req-12",
            List.of(new RewardExternalRequested.Item("i1", "p", "c", null, null, null, null)),
            null),
        new RewardExternalScored(
            "ext-1", List.of(new RewardExternalScored.Score("i1", 0.5, "calm")), null),
        new RewardExternalScored(
            "ext-2", List.of(new RewardExternalScored.Score("i1", null, null)), ERROR),
        new RewardScored("req-2", List.of(), ERROR),
        new RewardScored(
            "req-10",
            List.of(
                new RewardScored.Score(
                    "i1",
                    1.5,
                    null,
                    null,
                    List.of(
                        new RewardScored.Share("short", 1.0, 0.5, null),
                        new RewardScored.Share("regex", null, null, "missing_completion")))),
            null),
        new EvaluationRequested(
            "eval-1",
            MODEL,
            FOLDER,
            EVALUATION_SPEC,
            SLIP,
            "desk",
            "ds-1",
            Map.of("team", "support"),
            "smol:polite:2",
            Map.of("base", "base", "sft", "smol:sft:1")),
        new EvaluationRequested(
            "eval-2",
            MODEL,
            FOLDER,
            new EvaluationSpec(null, null, null, null, null, null, null, null, null),
            null),
        new EvaluationClaimed("eval-1", 1, "worker-b", 30_000, ERROR),
        new EvaluationClaimed("eval-1", 1, "worker-b", 30_000),
        new EvaluationProgressed("eval-1", 1, "worker-b", "tuned", 5, 100),
        new EvaluationReleased("eval-1", 1, "worker-b", "the disk is full", ERROR),
        new EvaluationReleased("eval-1", 2, "worker-b", null, null),
        new EvaluationCompleted(
            "eval-1",
            MODEL.modelId(),
            1,
            "exact_match",
            Map.of("base", Map.of("exact_match", estimate)),
            new EvaluationCompleted.Comparison("exact_match", 0.2, 0.1, 0.3, 0.001),
            List.of(
                new EvaluationCompleted.Sample("p", "r", Map.of("base", "x")),
                new EvaluationCompleted.Sample(
                    "p", "r", Map.of("base", "x"), Map.of("base", -0.5))),
            100,
            20,
            12.5,
            SLIP,
            "sft",
            Map.of("sft", new EvaluationCompleted.Comparison("exact_match", 0.2, 0.1, 0.3, 0.001)),
            List.of(WARNING)),
        new EvaluationCompleted(
            "eval-2",
            "m",
            1,
            "perplexity",
            Map.of(),
            null,
            List.of(),
            0,
            0,
            0,
            null,
            null,
            null,
            null),
        new EvaluationFailed("eval-1", MODEL.modelId(), 2, ERROR, SLIP),
        new EvaluationFailed("eval-2", "m", 1, ERROR, null),
        new ModelPromoted(MODEL.modelId(), "eval-1", "gain 0.2 >= 0.01", SLIP),
        new ModelPromoted("m", "eval-2", "better", null),
        new ModelRejected(MODEL.modelId(), "eval-1", "gain 0.0 < 0.01", SLIP),
        new ModelRejected("m", "eval-2", "worse", null));
  }

  private static TrainingSpec preferences() {
    try {
      return EventJson.mapper()
          .readValue(
              """
              {"adapter": {"type": "prompt_tuning", "numVirtualTokens": 4, "init": "text",
                "initText": "Classify:"}, "objective": {"type": "dpo", "beta": 0.2}}
              """,
              TrainingSpec.class);
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }

  private static RewardRequested reward(String id, RewardSpec reward) {
    return new RewardRequested(id, reward, List.of(), null);
  }

  private static ModelRegistered registered(
      ArtifactRef base, RoutingSlip slip, String baseModelDigest) {
    return new ModelRegistered(
        "smol:demo:" + (base == null ? "full" : "adapter"),
        "job-1",
        1,
        "worker-a",
        base == null ? ModelRegistered.Kind.FULL : ModelRegistered.Kind.ADAPTER,
        FOLDER,
        base == null ? "scratch" : "artifact:" + base.digest(),
        base,
        FOLDER,
        new Lineage(
            FOLDER.digest(),
            baseModelDigest,
            SPEC,
            42,
            "0.1.0",
            base == null ? null : FOLDER.digest(),
            base == null ? null : Map.of("data", FOLDER.digest(), "reward.short", FOLDER.digest())),
        1000,
        Map.of("train_loss", 1.5),
        1_760_000_000,
        slip,
        slip == null ? null : List.of(WARNING),
        base == null ? null : "owner/name@main",
        base == null ? null : FOLDER,
        base == null ? null : ModelRegistered.SEQUENCE_CLASSIFICATION,
        base == null ? FOLDER : null);
  }
}
