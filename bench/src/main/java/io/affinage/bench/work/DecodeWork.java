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
import java.util.Collections;
import java.util.Locale;
import java.util.Set;

/**
 * Greedy continuation of a batch of equal prompts, prompt included in the time; median of three.
 */
final class DecodeWork {
  private DecodeWork() {}

  static ObjectNode run(JsonNode task) {
    int batch = task.get("batch").intValue();
    int newTokens = task.get("newTokens").intValue();
    Compute compute = Compute.of("cpu", task.get("dtype").textValue());
    WeightForm form = WeightForm.named(task.get("weights").textValue());
    try (LanguageModel model =
            LanguageModel.open(Path.of(task.get("model").textValue()), compute, form);
        Generator generator = new Generator(model.decoder(), model.decoder().withoutAdapter())) {
      int[] prompt = Prompts.chat(model, task.get("prompt").textValue());
      GenerationRequest request =
          new GenerationRequest(
              Collections.nCopies(batch, prompt), newTokens, Set.of(), Sampling.GREEDY);
      generator.generate(
          new GenerationRequest(request.prompts(), 8, Set.of(), Sampling.GREEDY),
          TokenListener.NONE);
      double[] seconds = new double[3];
      for (int i = 0; i < seconds.length; i++) {
        long start = System.nanoTime();
        generator.generate(request, TokenListener.NONE);
        seconds[i] = (System.nanoTime() - start) / 1e9;
      }
      Arrays.sort(seconds);
      return new JsonMapper()
          .createObjectNode()
          .put("tokensPerSecond", batch * newTokens / seconds[1])
          .put("stepGigabytesPerSecond", newTokens / seconds[1] * Traffic.bytesPerStep(model) / 1e9)
          .put("memoryGigabytesPerSecond", Traffic.readBandwidth(model) / 1e9)
          .put("dtype", model.decoder().precision().name().toLowerCase(Locale.ROOT));
    }
  }
}
