package io.affinage.bench.work;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.bench.InstructionRows;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.data.AnswerTargets;
import io.affinage.llm.data.Example;
import io.affinage.llm.data.ExampleEncoder;
import io.affinage.llm.data.OverlengthPolicy;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.text.ChatMessage;
import io.affinage.llm.training.Batching;
import io.affinage.llm.training.Optimization;
import io.affinage.llm.training.Schedule;
import io.affinage.llm.training.Trainables;
import io.affinage.llm.training.TrainingListener;
import io.affinage.llm.training.TrainingOutcome;
import io.affinage.llm.training.TrainingProgress;
import io.affinage.llm.training.TrainingRun;
import io.affinage.llm.training.TrainingSettings;
import io.affinage.llm.training.WeightSelection;
import io.affinage.llm.training.optimizer.OptimizerRule;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** One epoch of fine-tuning on answers: of LoRA matrices, or of all weights. */
final class SftWork {
  private SftWork() {}

  static ObjectNode run(JsonNode task) {
    List<Example> examples = examples(task, task.get("examples").intValue());
    Compute compute = Compute.of("cpu", task.get("dtype").textValue());
    long seed = task.get("seed").longValue();
    try (LanguageModel model =
            LanguageModel.open(
                Path.of(task.get("model").textValue()),
                compute,
                WeightForm.named(task.path("weights").asText("plain")));
        LoraAdapter lora = LoraAdapter.initialise(model.decoder(), lora(task), seed);
        Trainables trainables = trainables(model, lora, task);
        TrainingRun run =
            TrainingRun.overExamples(
                model.decoder(), trainables, settings(task, seed), rows(examples, task, model))) {
      List<Double> losses = new ArrayList<>();
      TrainingListener listener =
          new TrainingListener() {
            @Override
            public void onStep(TrainingProgress progress) {
              losses.add(progress.loss());
              System.err.printf(
                  "step %d loss %.4f %.1f tok/s%n",
                  progress.step(), progress.loss(), progress.tokensPerSecond());
            }
          };
      long start = System.nanoTime();
      TrainingOutcome outcome = run.run(listener, Optional.empty());
      double seconds = (System.nanoTime() - start) / 1e9;
      double mean = losses.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
      return new JsonMapper()
          .createObjectNode()
          .put("tokensPerSecond", outcome.tokensSeen() / seconds)
          .put("seconds", seconds)
          .put("tokens", outcome.tokensSeen())
          .put("steps", outcome.steps())
          .put("loss", Math.round(mean * 1e4) / 1e4)
          .put("dtype", model.decoder().precision().name().toLowerCase(java.util.Locale.ROOT));
    }
  }

  static LoraConfig lora(JsonNode task) {
    return new LoraConfig(
        task.get("rank").intValue(),
        task.get("alpha").doubleValue(),
        0,
        false,
        List.of("all-linear"));
  }

  /** What the task trains: {@code lora}, {@code full}, or {@code partial}: the last layers. */
  static Trainables trainables(LanguageModel model, LoraAdapter lora, JsonNode task) {
    String trained = task.get("trained").textValue();
    return switch (trained) {
      case "lora" -> Trainables.of(model.decoder(), lora);
      case "full" -> Trainables.of(model.decoder(), WeightSelection.ALL, batching(task));
      case "partial" ->
          Trainables.of(
              model.decoder(),
              WeightSelection.lastLayers(
                  task.get("lastLayers").intValue(), model.decoder().config()),
              batching(task));
      default -> throw new IllegalArgumentException("nothing is trained as " + trained);
    };
  }

  /** The first examples of the task's data. */
  static List<Example> examples(JsonNode task, int count) {
    List<InstructionRows.Row> rows =
        InstructionRows.read(Path.of(task.get("data").textValue()), count);
    List<Example> examples = new ArrayList<>();
    for (InstructionRows.Row row : rows) {
      examples.add(
          new Example.Chat(
              "row " + examples.size(),
              List.of(
                  ChatMessage.of("user", row.prompt()),
                  ChatMessage.of("assistant", row.answer()))));
    }
    return examples;
  }

  static List<TokenizedExample> rows(List<Example> examples, JsonNode task, LanguageModel model) {
    return new ExampleEncoder(
            model.tokenizer(),
            model.chatTemplate(),
            new ExampleEncoder.Settings(
                task.get("maxLength").intValue(), OverlengthPolicy.FAIL, AnswerTargets.LAST))
        .encodeAll(examples)
        .examples();
  }

  private static Batching batching(JsonNode task) {
    return new Batching(task.get("batch").intValue(), task.get("microBatches").intValue(), 0, true);
  }

  static TrainingSettings settings(JsonNode task, long seed) {
    return TrainingSettings.DEFAULT
        .with(batching(task))
        .with(
            Optimization.DEFAULT
                .withLearningRate(task.get("learningRate").doubleValue())
                .withRule(OptimizerRule.of(task.path("optimizer").asText("adamw"))))
        .with(new Schedule(Schedule.Shape.LINEAR, 0, 0, 0))
        .withRecomputedActivations(task.get("recompute").booleanValue())
        .withSeed(seed);
  }
}
