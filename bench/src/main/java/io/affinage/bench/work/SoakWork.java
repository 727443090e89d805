package io.affinage.bench.work;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.tensor.ResidentMemory;
import io.affinage.llm.training.Trainables;
import io.affinage.llm.training.TrainingListener;
import io.affinage.llm.training.TrainingProgress;
import io.affinage.llm.training.TrainingRun;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Many LoRA steps of one example each, and the memory that stays in use on the way. */
final class SoakWork {
  private static final int SAMPLES = 20;

  private SoakWork() {}

  static ObjectNode run(JsonNode task) {
    Compute compute = Compute.of("cpu", task.get("dtype").textValue());
    long seed = task.get("seed").longValue();
    int steps = task.get("steps").intValue();
    try (LanguageModel model = LanguageModel.open(Path.of(task.get("model").textValue()), compute);
        LoraAdapter lora = LoraAdapter.initialise(model.decoder(), SftWork.lora(task), seed);
        Trainables trainables = SftWork.trainables(model, lora, task)) {
      List<TokenizedExample> examples =
          SftWork.rows(SftWork.examples(task, task.get("examples").intValue()), task, model);
      try (TrainingRun run =
          TrainingRun.overExamples(
              model.decoder(),
              trainables,
              SftWork.settings(task, seed).withMaxSteps(steps),
              examples)) {
        ObjectNode result = new JsonMapper().createObjectNode();
        run.run(sampling(result, steps), Optional.empty());
        return result;
      }
    }
  }

  private static TrainingListener sampling(ObjectNode result, int steps) {
    ArrayNode resident = result.putArray("residentMegabytes");
    ArrayNode heap = result.putArray("heapMegabytes");
    int every = Math.max(1, steps / SAMPLES);
    return new TrainingListener() {
      @Override
      public void onStep(TrainingProgress progress) {
        result.put("lastLoss", progress.loss());
        if (progress.step() % every == 0) {
          // What a collection leaves is what is held; without one the heap's level is chance.
          System.gc();
          Runtime runtime = Runtime.getRuntime();
          resident.add(Math.round(ResidentMemory.now().orElse(0) / 1e5) / 10.0);
          heap.add(Math.round((runtime.totalMemory() - runtime.freeMemory()) / 1e5) / 10.0);
        }
      }
    };
  }
}
