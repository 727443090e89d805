package io.affinage.bench.work;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.generation.GenerationRequest;
import io.affinage.llm.generation.Generator;
import io.affinage.llm.generation.Sampling;
import io.affinage.llm.generation.TokenListener;
import io.affinage.llm.tensor.Compute;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** From the start of the process to the first token; then a long prompt, median of three. */
final class LoadWork {
  private LoadWork() {}

  static ObjectNode run(JsonNode task) {
    long started = Long.parseLong(System.getenv("BENCH_STARTED"));
    Compute compute = Compute.of("cpu", task.get("dtype").textValue());
    try (LanguageModel model = LanguageModel.open(Path.of(task.get("model").textValue()), compute);
        Generator generator = new Generator(model.decoder(), model.decoder().withoutAdapter())) {
      int[] prompt = Prompts.chat(model, task.get("prompt").textValue());
      generator.generate(request(prompt), TokenListener.NONE);
      double first = (System.currentTimeMillis() - started) / 1e3;
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
          .put("prefillTokensPerSecond", longPrompt.length / seconds[1]);
    }
  }

  private static GenerationRequest request(int[] prompt) {
    return new GenerationRequest(List.of(prompt), 1, Set.of(), Sampling.GREEDY);
  }
}
