package io.affinage.bench.work;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.bench.PreferenceRows;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.data.AnswerTargets;
import io.affinage.llm.data.Example;
import io.affinage.llm.data.ExampleEncoder;
import io.affinage.llm.data.Group;
import io.affinage.llm.data.OverlengthPolicy;
import io.affinage.llm.data.PreferenceEncoder;
import io.affinage.llm.data.PreferencePair;
import io.affinage.llm.model.ScalarHead;
import io.affinage.llm.objective.BradleyTerry;
import io.affinage.llm.objective.Dpo;
import io.affinage.llm.objective.Objective;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.text.ChatMessage;
import io.affinage.llm.training.Aim;
import io.affinage.llm.training.Trainables;
import io.affinage.llm.training.TrainingInputs;
import io.affinage.llm.training.TrainingListener;
import io.affinage.llm.training.TrainingOutcome;
import io.affinage.llm.training.TrainingProgress;
import io.affinage.llm.training.TrainingRun;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/** One epoch over preference pairs with LoRA: DPO, or a reward model. */
final class PreferenceWork {
  private PreferenceWork() {}

  static ObjectNode run(JsonNode task) {
    Compute compute = Compute.of("cpu", task.get("dtype").textValue());
    long seed = task.get("seed").longValue();
    boolean reward = task.get("objective").textValue().equals("reward");
    Objective objective =
        reward
            ? new BradleyTerry(task.get("centering").doubleValue())
            : new Dpo(task.get("beta").doubleValue(), 0);
    try (LanguageModel model = LanguageModel.open(Path.of(task.get("model").textValue()), compute);
        LoraAdapter lora = LoraAdapter.initialise(model.decoder(), SftWork.lora(task), seed);
        ScalarHead head = ScalarHead.initialise(model.decoder(), OptionalInt.empty(), seed);
        Trainables trainables =
            reward
                ? Trainables.of(model.decoder(), lora, head)
                : Trainables.of(model.decoder(), lora);
        TrainingRun run =
            new TrainingRun(
                model.decoder(),
                trainables,
                SftWork.settings(task, seed),
                TrainingInputs.of(pairs(task, model))
                    .minimising(new Aim(objective, model.decoder().withoutAdapter())))) {
      ArrayNode losses = new JsonMapper().createArrayNode();
      TrainingListener listener =
          new TrainingListener() {
            @Override
            public void onStep(TrainingProgress progress) {
              losses.add(Math.round(progress.loss() * 1e4) / 1e4);
              System.err.printf(
                  "step %d loss %.4f %.1f tok/s%n",
                  progress.step(), progress.loss(), progress.tokensPerSecond());
            }
          };
      long start = System.nanoTime();
      TrainingOutcome outcome = run.run(listener, Optional.empty());
      double seconds = (System.nanoTime() - start) / 1e9;
      ObjectNode result =
          new JsonMapper()
              .createObjectNode()
              .put("tokensPerSecond", outcome.tokensSeen() / seconds)
              .put("seconds", seconds)
              .put("tokens", outcome.tokensSeen())
              .put("steps", outcome.steps())
              .put("dtype", model.decoder().precision().name().toLowerCase(Locale.ROOT));
      result.set("losses", losses);
      return result;
    }
  }

  private static List<Group> pairs(JsonNode task, LanguageModel model) {
    List<PreferencePair> pairs = new ArrayList<>();
    for (PreferenceRows.Row row :
        PreferenceRows.read(
            Path.of(task.get("data").textValue()), task.get("examples").intValue())) {
      String id = "row " + pairs.size();
      pairs.add(
          new PreferencePair(
              id, side(id, row.prompt(), row.chosen()), side(id, row.prompt(), row.rejected())));
    }
    return new PreferenceEncoder(
            model.tokenizer(),
            model.chatTemplate(),
            new ExampleEncoder.Settings(
                task.get("maxLength").intValue(), OverlengthPolicy.FAIL, AnswerTargets.ALL))
        .encodeAll(pairs)
        .pairs();
  }

  private static Example side(String id, String prompt, String answer) {
    return new Example.Chat(
        id, List.of(ChatMessage.of("user", prompt), ChatMessage.of("assistant", answer)));
  }
}
