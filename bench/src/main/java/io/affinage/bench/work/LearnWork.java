package io.affinage.bench.work;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.PeftFolder;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.evaluation.LossMeter;
import io.affinage.llm.export.ModelCard;
import io.affinage.llm.export.ModelExport;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.tensor.ResidentMemory;
import io.affinage.llm.training.Trainables;
import io.affinage.llm.training.TrainingListener;
import io.affinage.llm.training.TrainingOutcome;
import io.affinage.llm.training.TrainingProgress;
import io.affinage.llm.training.TrainingRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * One epoch of fine-tuning, with the loss on held-out answers and on a foreign text before and
 * after, and the size of what is kept of it.
 */
final class LearnWork {
  private LearnWork() {}

  static ObjectNode run(JsonNode task) throws IOException {
    Compute compute = Compute.of("cpu", task.get("dtype").textValue());
    long seed = task.get("seed").longValue();
    int examples = task.get("examples").intValue();
    try (LanguageModel model = LanguageModel.open(Path.of(task.get("model").textValue()), compute);
        LoraAdapter lora = LoraAdapter.initialise(model.decoder(), SftWork.lora(task), seed);
        Trainables trainables = SftWork.trainables(model, lora, task)) {
      boolean adapted = task.get("trained").textValue().equals("lora");
      List<TokenizedExample> rows =
          SftWork.rows(
              SftWork.examples(task, examples + task.get("heldOut").intValue()), task, model);
      List<TokenizedExample> heldOut = rows.subList(examples, rows.size());
      List<TokenizedExample> text = passages(model, task);
      LossMeter meter =
          new LossMeter(model.decoder(), adapted ? lora : model.decoder().withoutAdapter());
      ObjectNode result =
          new JsonMapper()
              .createObjectNode()
              .put("heldOutBefore", mean(meter, heldOut))
              .put("textBefore", mean(meter, text));
      train(result, model, trainables, task, rows.subList(0, examples));
      return result
          .put("heldOutAfter", mean(meter, heldOut))
          .put("textAfter", mean(meter, text))
          .put("trainingPeakMegabytes", ResidentMemory.peak().orElse(0) / 1e6)
          .put(
              "resultMegabytes",
              resultBytes(task, model, adapted ? Optional.of(lora) : Optional.empty()) / 1e6)
          .put("trainedParameters", trainables.size());
    }
  }

  static void train(
      ObjectNode result,
      LanguageModel model,
      Trainables trainables,
      JsonNode task,
      List<TokenizedExample> examples) {
    ArrayNode losses = result.putArray("losses");
    TrainingListener listener =
        new TrainingListener() {
          @Override
          public void onStep(TrainingProgress progress) {
            losses.add(progress.loss());
          }
        };
    try (TrainingRun run =
        TrainingRun.overExamples(
            model.decoder(),
            trainables,
            SftWork.settings(task, task.get("seed").longValue()),
            examples)) {
      long start = System.nanoTime();
      TrainingOutcome outcome = run.run(listener, Optional.empty());
      result
          .put("seconds", (System.nanoTime() - start) / 1e9)
          .put("tokens", outcome.tokensSeen())
          .put("steps", outcome.steps());
    }
  }

  /** The first passages of a text, each a row whose every token but the first is a target. */
  private static List<TokenizedExample> passages(LanguageModel model, JsonNode task)
      throws IOException {
    int length = task.get("passageLength").intValue();
    int count = task.get("passages").intValue();
    int[] ids = model.tokenizer().encode(Files.readString(Path.of(task.get("text").textValue())));
    List<TokenizedExample> passages = new ArrayList<>();
    for (int from = 0; passages.size() < count && from + length <= ids.length; from += length) {
      passages.add(
          TokenizedExample.targetsFrom(
              "text " + from, Arrays.copyOfRange(ids, from, from + length), 1));
    }
    return passages;
  }

  /** Mean over target tokens, nats. */
  private static double mean(LossMeter meter, List<TokenizedExample> examples) {
    return mean(meter.losses(examples, 1));
  }

  static double mean(List<LossMeter.Loss> losses) {
    return losses.stream().mapToDouble(LossMeter.Loss::sum).sum()
        / losses.stream().mapToInt(LossMeter.Loss::targets).sum();
  }

  /** Bytes of the weights' files as they are saved. */
  private static long resultBytes(JsonNode task, LanguageModel model, Optional<LoraAdapter> adapter)
      throws IOException {
    try (Scratch scratch = Scratch.below(Path.of(task.get("work").textValue()))) {
      Path saved = scratch.path().resolve("result");
      if (adapter.isPresent()) {
        PeftFolder.save(adapter.get(), saved, "base");
      } else {
        ModelExport.of(model, Optional.empty(), ModelCard.named("learned")).huggingFace(saved);
      }
      try (Stream<Path> files = Files.walk(saved)) {
        return files
            .filter(file -> file.toString().endsWith(".safetensors"))
            .mapToLong(file -> file.toFile().length())
            .sum();
      }
    }
  }
}
