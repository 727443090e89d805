package io.affinage.bench.work;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.data.AnswerTargets;
import io.affinage.llm.data.Example;
import io.affinage.llm.data.ExampleEncoder;
import io.affinage.llm.data.OverlengthPolicy;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.objective.Grpo;
import io.affinage.llm.rollout.GroupComparison;
import io.affinage.llm.rollout.RewardFunction;
import io.affinage.llm.rollout.RolloutPrompt;
import io.affinage.llm.rollout.RolloutSettings;
import io.affinage.llm.rollout.RolloutSource;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.text.ChatMessage;
import io.affinage.llm.training.Aim;
import io.affinage.llm.training.Trainables;
import io.affinage.llm.training.TrainingInputs;
import io.affinage.llm.training.TrainingListener;
import io.affinage.llm.training.TrainingProgress;
import io.affinage.llm.training.TrainingRun;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/** One epoch of GRPO with LoRA, sampling included. */
final class GrpoWork {
  private GrpoWork() {}

  static ObjectNode run(JsonNode task) throws IOException {
    Compute compute = Compute.of("cpu", task.get("dtype").textValue());
    long seed = task.get("seed").longValue();
    int group = task.get("group").intValue();
    try (LanguageModel model = LanguageModel.open(Path.of(task.get("model").textValue()), compute);
        LoraAdapter lora = LoraAdapter.initialise(model.decoder(), SftWork.lora(task), seed);
        Decoder packed = model.decoder().packed();
        Trainables trainables = Trainables.of(model.decoder(), lora)) {
      List<RolloutPrompt> prompts = prompts(task, model);
      Set<Integer> stops = model.tokenizer().specialTokens().stops();
      RolloutSource source =
          new RolloutSource(
                  model.decoder(),
                  lora,
                  prompts,
                  new RolloutSettings(
                      task.get("batch").intValue(),
                      group,
                      1,
                      task.get("newTokens").intValue(),
                      stops,
                      GroupComparison.Estimator.GROUP,
                      seed),
                  ofFewWords(model, stops, task.get("words").intValue()))
              .sampledFrom(packed);
      Grpo objective =
          new Grpo(
              Grpo.LossType.DAPO,
              Grpo.Level.TOKEN,
              0.2,
              0.2,
              task.get("beta").doubleValue(),
              true,
              task.get("newTokens").intValue());
      try (TrainingRun run =
          new TrainingRun(
              model.decoder(),
              trainables,
              SftWork.settings(task, seed),
              TrainingInputs.of(source.likeness())
                  .minimising(new Aim(objective, model.decoder().withoutAdapter())),
              source)) {
        ArrayNode rewards = new JsonMapper().createArrayNode();
        ArrayNode lengths = new JsonMapper().createArrayNode();
        TrainingListener listener =
            new TrainingListener() {
              @Override
              public void onStep(TrainingProgress progress) {
                rewards.add(Math.round(progress.metrics().get("reward") * 1e3) / 1e3);
                lengths.add(
                    Math.round(progress.metrics().get("completions/mean_length") * 10) / 10.0);
                System.err.printf("step %d %s%n", progress.step(), progress.metrics());
              }
            };
        long start = System.nanoTime();
        int steps = run.run(listener, Optional.empty()).steps();
        double seconds = (System.nanoTime() - start) / 1e9;
        ObjectNode result =
            new JsonMapper()
                .createObjectNode()
                .put("completionsPerSecond", prompts.size() * group / seconds)
                .put("seconds", seconds)
                .put("steps", steps)
                .put("dtype", model.decoder().precision().name().toLowerCase(Locale.ROOT));
        result.set("rewards", rewards);
        result.set("lengths", lengths);
        return result;
      }
    }
  }

  private static List<RolloutPrompt> prompts(JsonNode task, LanguageModel model)
      throws IOException {
    ExampleEncoder encoder =
        new ExampleEncoder(
            model.tokenizer(),
            model.chatTemplate(),
            new ExampleEncoder.Settings(
                task.get("maxLength").intValue(), OverlengthPolicy.FAIL, AnswerTargets.LAST));
    List<RolloutPrompt> prompts = new ArrayList<>();
    for (JsonNode text :
        new JsonMapper().readTree(Path.of(task.get("data").textValue()).toFile())) {
      String id = "prompt " + prompts.size();
      TokenizedExample encoded =
          encoder.encode(
              new Example.Chat(
                  id,
                  List.of(
                      ChatMessage.of("user", text.textValue()),
                      ChatMessage.of("assistant", "answer"))));
      prompts.add(new RolloutPrompt(id, Arrays.copyOf(encoded.ids(), encoded.targetSpans()[0])));
    }
    return prompts;
  }

  private static RewardFunction ofFewWords(LanguageModel model, Set<Integer> stops, int most) {
    return rollouts ->
        rollouts.stream()
            .map(
                each -> {
                  int[] ids =
                      Arrays.stream(each.answer().ids())
                          .filter(id -> !stops.contains(id))
                          .toArray();
                  String text = model.tokenizer().decode(ids).strip();
                  int words = text.isEmpty() ? 0 : text.split("\\s+").length;
                  return OptionalDouble.of(words <= most ? 1 : 0);
                })
            .toList();
  }
}
