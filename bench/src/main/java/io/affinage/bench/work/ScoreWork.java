package io.affinage.bench.work;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.ScoredAdapter;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.model.ScalarHead;
import io.affinage.llm.reward.Rendering;
import io.affinage.llm.reward.RewardModel;
import io.affinage.llm.tensor.Compute;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.Random;

/** Scores of texts by a reward model, as the reward service computes them. */
final class ScoreWork {
  /** Of which both sides show the scores. */
  private static final int SHOWN = 4;

  private ScoreWork() {}

  static ObjectNode run(JsonNode task) throws IOException {
    Compute compute = Compute.of("cpu", task.get("dtype").textValue());
    Path adapter = Path.of(task.get("adapter").textValue());
    try (LanguageModel base = LanguageModel.open(Path.of(task.get("model").textValue()), compute)) {
      write(task, base, adapter);
      try (RewardModel model = RewardModel.open(base, adapter)) {
        return score(task, base, model);
      }
    }
  }

  /** Random matrices and a random head: what they are does not change the work. */
  private static void write(JsonNode task, LanguageModel base, Path folder) throws IOException {
    Random random = new Random(task.get("seed").longValue());
    OptionalInt padding = OptionalInt.of(unused(base));
    try (ScoredAdapter scored =
        new ScoredAdapter(
            LoraAdapter.of(
                base.decoder(),
                SftWork.lora(task),
                (block, layer, matrix, shape) -> numbers(random, shape.size())),
            ScalarHead.initialise(base.decoder(), padding, 1))) {
      scored.save(folder, "base");
    }
    new Rendering(Rendering.Form.CHAT, padding).write(folder);
  }

  private static float[] numbers(Random random, long size) {
    float[] values = new float[(int) size];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * 0.02);
    }
    return values;
  }

  /** The first special token that ends no text of the chat template. */
  private static int unused(LanguageModel base) {
    int id = 0;
    while (base.tokenizer().specialTokens().stops().contains(id)) {
      id++;
    }
    return id;
  }

  private static ObjectNode score(JsonNode task, LanguageModel base, RewardModel model)
      throws IOException {
    List<TokenizedExample> encoded = new ArrayList<>();
    JsonNode texts = new JsonMapper().readTree(Path.of(task.get("texts").textValue()).toFile());
    model.scores(List.of(model.encode("warm", "a", "b")));
    long start = System.nanoTime();
    for (JsonNode text : texts) {
      encoded.add(
          model.encode("text " + encoded.size(), text.get(0).textValue(), text.get(1).textValue()));
    }
    float[] scores = model.scores(encoded);
    double seconds = (System.nanoTime() - start) / 1e9;
    ArrayNode shown = new JsonMapper().createArrayNode();
    for (int i = 0; i < Math.min(SHOWN, scores.length); i++) {
      shown.add(Math.round(scores[i] * 1e4) / 1e4);
    }
    ObjectNode result =
        new JsonMapper()
            .createObjectNode()
            .put("pairsPerSecond", scores.length / seconds)
            .put("seconds", seconds)
            .put("tokens", encoded.stream().mapToInt(TokenizedExample::length).sum())
            .put("dtype", base.decoder().precision().name().toLowerCase(Locale.ROOT));
    result.set("scores", shown);
    return result;
  }
}
