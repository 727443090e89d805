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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Greedy continuation of a batch of prompts, prompts included in the time; median of three. */
final class DecodeWork {
  private DecodeWork() {}

  static ObjectNode run(JsonNode task) {
    int newTokens = task.get("newTokens").intValue();
    Compute compute = Compute.of("cpu", task.get("dtype").textValue());
    WeightForm form = WeightForm.named(task.get("weights").textValue());
    try (LanguageModel model =
            LanguageModel.open(Path.of(task.get("model").textValue()), compute, form);
        Generator generator = new Generator(model.decoder(), model.decoder().withoutAdapter())) {
      List<int[]> prompts = new ArrayList<>();
      task.get("prompts").forEach(text -> prompts.add(ChatPrompts.chat(model, text.textValue())));
      GenerationRequest request =
          new GenerationRequest(prompts, newTokens, Set.of(), Sampling.GREEDY);
      generator.generate(
          new GenerationRequest(prompts, 8, Set.of(), Sampling.GREEDY), TokenListener.NONE);
      double[] seconds = new double[3];
      long before = generator.passes();
      for (int i = 0; i < seconds.length; i++) {
        long start = System.nanoTime();
        generator.generate(request, TokenListener.NONE);
        seconds[i] = (System.nanoTime() - start) / 1e9;
      }
      Arrays.sort(seconds);
      double passes = (generator.passes() - before) / (double) seconds.length;
      return new JsonMapper()
          .createObjectNode()
          .put("tokensPerSecond", prompts.size() * newTokens / seconds[1])
          .put("promptTokens", prompts.stream().mapToInt(prompt -> prompt.length).sum())
          .put("passes", passes)
          .put("stepGigabytesPerSecond", passes / seconds[1] * Traffic.bytesPerStep(model) / 1e9)
          .put("memoryGigabytesPerSecond", Traffic.readBandwidth(model) / 1e9)
          .put("dtype", model.decoder().precision().name().toLowerCase(Locale.ROOT));
    }
  }
}
