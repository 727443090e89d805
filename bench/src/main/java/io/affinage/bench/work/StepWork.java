package io.affinage.bench.work;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.tensor.Precision;
import io.affinage.llm.training.Batching;
import io.affinage.llm.training.Trainables;
import io.affinage.llm.training.TrainingListener;
import io.affinage.llm.training.TrainingProgress;
import io.affinage.llm.training.TrainingRun;
import io.affinage.llm.training.TrainingSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;

/**
 * The median LoRA step on random tokens once the JVM is warm, and the peak of a square matrix
 * product.
 */
final class StepWork {
  private StepWork() {}

  static ObjectNode run(JsonNode task) {
    Compute compute = Compute.of("cpu", task.get("dtype").textValue());
    long seed = task.get("seed").longValue();
    int batch = task.get("batch").intValue();
    int length = task.get("length").intValue();
    int steps = task.get("steps").intValue();
    int warmUp = task.get("warmUp").intValue();
    TrainingSettings settings =
        TrainingSettings.DEFAULT
            .with(new Batching(batch, 1, 0, true))
            .withRecomputedActivations(task.get("recompute").booleanValue())
            .withSeed(seed);
    try (LanguageModel model = LanguageModel.open(Path.of(task.get("model").textValue()), compute);
        LoraAdapter lora = LoraAdapter.initialise(model.decoder(), SftWork.lora(task), seed);
        Trainables trainables = Trainables.of(model.decoder(), lora);
        TrainingRun run =
            TrainingRun.overExamples(
                model.decoder(),
                trainables,
                settings,
                examples(model.decoder(), batch * steps, length, seed))) {
      List<Double> seconds = new ArrayList<>();
      long[] last = {System.nanoTime()};
      run.run(
          new TrainingListener() {
            @Override
            public void onStep(TrainingProgress progress) {
              long now = System.nanoTime();
              if (progress.step() > warmUp) {
                seconds.add((now - last[0]) / 1e9);
              }
              last[0] = now;
            }
          },
          Optional.empty());
      seconds.sort(null);
      Decoder decoder = model.decoder();
      return new JsonMapper()
          .createObjectNode()
          .put("tokensPerSecond", batch * length / seconds.get(seconds.size() / 2))
          .put("flopsPerToken", 4.0 * matrixParameters(decoder))
          .put("peakGflops", GemmPeak.measure(decoder.manager(), Precision.BFLOAT16))
          .put("dtype", decoder.precision().name().toLowerCase(Locale.ROOT));
    }
  }

  private static List<TokenizedExample> examples(
      Decoder decoder, int count, int length, long seed) {
    Random random = new Random(seed);
    List<TokenizedExample> examples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int[] ids = random.ints(length, 0, decoder.shape().vocabularySize()).toArray();
      examples.add(TokenizedExample.targetsFrom("random " + i, ids, 1));
    }
    return examples;
  }

  /** Elements of the matrices that every token meets: those of the blocks, and the head. */
  private static long matrixParameters(Decoder decoder) {
    long[] count = {decoder.head().getShape().size()};
    decoder.forEachWeight(
        (name, array) -> {
          if (name.contains(".layers.") && array.getShape().dimension() == 2) {
            count[0] += array.getShape().size();
          }
        });
    return count[0];
  }
}
