package io.affinage.bench.work;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.adapter.DecomposedBase;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.adapter.LoraStart;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.evaluation.LossMeter;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.training.Trainables;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** One epoch of LoRA beside a base in some form, with the losses of each held-out example. */
final class QualityWork {
  private static final int MEASURED_AT_ONCE = 8;

  private QualityWork() {}

  static ObjectNode run(JsonNode task) {
    Path path = Path.of(task.get("model").textValue());
    WeightForm form = WeightForm.named(task.get("weights").textValue());
    LoraConfig config = SftWork.lora(task);
    ObjectNode result = new JsonMapper().createObjectNode();
    long start = System.nanoTime();
    Optional<DecomposedBase> parted =
        start(task).map(how -> DecomposedBase.of(Checkpoint.open(path), config, how, form));
    if (parted.isPresent()) {
      result.put("partSeconds", (System.nanoTime() - start) / 1e9);
    }
    Compute compute = Compute.of("cpu", task.get("dtype").textValue());
    int examples = task.get("examples").intValue();
    try (LanguageModel model =
            LanguageModel.open(
                parted.map(DecomposedBase::base).orElseGet(() -> Checkpoint.open(path)),
                path,
                compute,
                form);
        LoraAdapter lora = lora(model, config, parted, task);
        Trainables trainables = Trainables.of(model.decoder(), lora)) {
      List<TokenizedExample> rows =
          SftWork.rows(
              SftWork.examples(task, examples + task.get("heldOut").intValue()), task, model);
      List<TokenizedExample> heldOut = rows.subList(examples, rows.size());
      LossMeter meter = new LossMeter(model.decoder(), lora);
      List<LossMeter.Loss> before = meter.losses(heldOut, MEASURED_AT_ONCE);
      LearnWork.train(result, model, trainables, task, rows.subList(0, examples));
      ArrayNode sums = result.putArray("heldOutSums");
      ArrayNode targets = result.putArray("heldOutTargets");
      meter
          .losses(heldOut, MEASURED_AT_ONCE)
          .forEach(
              loss -> {
                sums.add(loss.sum());
                targets.add(loss.targets());
              });
      return result.put("heldOutBefore", LearnWork.mean(before));
    }
  }

  private static LoraAdapter lora(
      LanguageModel model, LoraConfig config, Optional<DecomposedBase> parted, JsonNode task) {
    return parted
        .map(each -> each.adapter(model.decoder()))
        .orElseGet(
            () -> LoraAdapter.initialise(model.decoder(), config, task.get("seed").longValue()));
  }

  private static Optional<LoraStart> start(JsonNode task) {
    String name = task.path("start").asText(null);
    if (name == null) {
      return Optional.empty();
    }
    return switch (name) {
      case "pissa" -> Optional.of(new LoraStart.Pissa());
      case "loftq" -> Optional.of(new LoraStart.LoftQ(task.get("iterations").intValue()));
      default -> throw new IllegalArgumentException("LoRA does not begin by " + name);
    };
  }
}
