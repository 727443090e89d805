package io.affinage.bench.work;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.generation.GenerationRequest;
import io.affinage.llm.generation.Generator;
import io.affinage.llm.generation.Sampling;
import io.affinage.llm.generation.TokenListener;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.tensor.Compute;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * From the start of the process to the first token; from a file to the first token in a warm JVM,
 * and a long prompt, medians of three.
 */
final class LoadWork {
  private LoadWork() {}

  static ObjectNode run(JsonNode task) {
    long started = Long.parseLong(System.getenv("BENCH_STARTED"));
    Compute compute = Compute.of("cpu", task.get("dtype").textValue());
    firstToken(task, compute);
    double first = (System.currentTimeMillis() - started) / 1e3;
    double[] warm = new double[3];
    for (int i = 0; i < warm.length; i++) {
      long start = System.nanoTime();
      firstToken(task, compute);
      warm[i] = (System.nanoTime() - start) / 1e9;
    }
    Arrays.sort(warm);
    try (LanguageModel model = open(task, compute);
        Generator generator = new Generator(model.decoder(), model.decoder().withoutAdapter())) {
      int[] prompt = ChatPrompts.chat(model, task.get("prompt").textValue());
      int[] longPrompt = new int[task.get("prefill").intValue()];
      for (int i = 0; i < longPrompt.length; i++) {
        longPrompt[i] = prompt[i % prompt.length];
      }
      double[] seconds = new double[3];
      generator.generate(request(longPrompt), TokenListener.NONE);
      for (int i = 0; i < seconds.length; i++) {
        long start = System.nanoTime();
        generator.generate(request(longPrompt), TokenListener.NONE);
        seconds[i] = (System.nanoTime() - start) / 1e9;
      }
      Arrays.sort(seconds);
      return new JsonMapper()
          .createObjectNode()
          .put("firstTokenSeconds", first)
          .put("warmFirstTokenSeconds", warm[1])
          .put("prefillTokensPerSecond", longPrompt.length / seconds[1]);
    }
  }

  private static LanguageModel open(JsonNode task, Compute compute) {
    return LanguageModel.open(Path.of(task.get("model").textValue()), compute, WeightForm.PACKED);
  }

  /** Opens the model, answers with one token, closes it. */
  private static void firstToken(JsonNode task, Compute compute) {
    try (LanguageModel model = open(task, compute);
        Generator generator = new Generator(model.decoder(), model.decoder().withoutAdapter())) {
      int[] prompt = ChatPrompts.chat(model, task.get("prompt").textValue());
      generator.generate(request(prompt), TokenListener.NONE);
    }
  }

  private static GenerationRequest request(int[] prompt) {
    return new GenerationRequest(List.of(prompt), 1, Set.of(), Sampling.GREEDY);
  }
}
