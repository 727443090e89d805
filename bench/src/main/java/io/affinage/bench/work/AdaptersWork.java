package io.affinage.bench.work;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.bench.IntentRows;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.adapter.PeftFolder;
import io.affinage.llm.adapter.bottleneck.BottleneckAdapter;
import io.affinage.llm.adapter.bottleneck.BottleneckConfig;
import io.affinage.llm.adapter.bottleneck.Nonlinearity;
import io.affinage.llm.adapter.dora.DoraAdapter;
import io.affinage.llm.adapter.ia3.Ia3Adapter;
import io.affinage.llm.adapter.ia3.Ia3Config;
import io.affinage.llm.adapter.prefix.PrefixAdapter;
import io.affinage.llm.adapter.prefix.PrefixConfig;
import io.affinage.llm.adapter.prefix.PrefixInitialisation;
import io.affinage.llm.adapter.prompt.PromptAdapter;
import io.affinage.llm.adapter.prompt.PromptConfig;
import io.affinage.llm.adapter.prompt.PromptInitialisation;
import io.affinage.llm.data.Example;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.evaluation.LossMeter;
import io.affinage.llm.export.ModelCard;
import io.affinage.llm.export.ModelExport;
import io.affinage.llm.generation.GeneratedTokens;
import io.affinage.llm.generation.GenerationRequest;
import io.affinage.llm.generation.Generator;
import io.affinage.llm.generation.Sampling;
import io.affinage.llm.model.BlockAdapter;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.tensor.ResidentMemory;
import io.affinage.llm.text.ChatMessage;
import io.affinage.llm.training.Batching;
import io.affinage.llm.training.Trainables;
import io.affinage.llm.training.TrainingListener;
import io.affinage.llm.training.TrainingOutcome;
import io.affinage.llm.training.TrainingRun;
import io.affinage.llm.training.WeightSelection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * One method of adaptation, trained to name the intent of an utterance: what is trained, what it
 * costs, and what held-out utterances say of the result.
 */
final class AdaptersWork {
  private static final String QUESTION =
      "What is the intent of this message? Answer with its name alone.\n";
  private static final int VIRTUAL_TOKENS = 20;
  private static final int ANSWER_TOKENS = 16;
  private static final int ANSWERS_AT_ONCE = 16;

  private AdaptersWork() {}

  static ObjectNode run(JsonNode task) throws IOException {
    int examples = task.get("examples").intValue();
    int heldOut = task.get("heldOut").intValue();
    List<IntentRows.Row> rows =
        IntentRows.read(
            Path.of(task.get("data").textValue()),
            examples + heldOut,
            task.get("seed").longValue());
    Compute compute = Compute.of("cpu", task.get("dtype").textValue());
    String method = task.get("method").textValue();
    try (LanguageModel model =
        LanguageModel.open(Path.of(task.get("model").textValue()), compute)) {
      Optional<Adapter> adapter = adapter(method, model, task.get("seed").longValue());
      BlockAdapter live =
          adapter.<BlockAdapter>map(each -> each).orElse(model.decoder().withoutAdapter());
      List<TokenizedExample> all = tokenized(rows, task, model);
      List<TokenizedExample> measured = all.subList(examples, all.size());
      ObjectNode result =
          new JsonMapper()
              .createObjectNode()
              .put(
                  "heldOutBefore",
                  mean(new LossMeter(model.decoder(), model.decoder().withoutAdapter()), measured));
      try (Trainables trainables = trainables(model, adapter, task)) {
        train(result, model, trainables, task, all.subList(0, examples));
        result.put("trainedParameters", trainables.size());
      }
      result
          .put("heldOutAfter", mean(new LossMeter(model.decoder(), live), measured))
          .put("score", score(model, live, rows.subList(examples, rows.size()), measured))
          .put("resultMegabytes", resultBytes(task, model, adapter) / 1e6);
      adapter.ifPresent(Adapter::close);
      return result;
    }
  }

  private static List<TokenizedExample> tokenized(
      List<IntentRows.Row> rows, JsonNode task, LanguageModel model) {
    List<Example> examples = new ArrayList<>();
    for (IntentRows.Row row : rows) {
      examples.add(
          new Example.Chat(
              "row " + examples.size(),
              List.of(
                  ChatMessage.of("user", QUESTION + row.utterance()),
                  ChatMessage.of("assistant", row.intent()))));
    }
    return SftWork.rows(examples, task, model);
  }

  private static Optional<Adapter> adapter(String method, LanguageModel model, long seed) {
    Decoder decoder = model.decoder();
    LoraConfig lora = new LoraConfig(16, 32, 0, false, List.of("all-linear"));
    return switch (method) {
      case "lora" -> Optional.of(LoraAdapter.initialise(decoder, lora, seed));
      case "dora" -> Optional.of(DoraAdapter.initialise(decoder, lora, seed));
      case "ia3" ->
          Optional.of(
              Ia3Adapter.initialise(
                  decoder,
                  new Ia3Config(List.of("k_proj", "v_proj", "down_proj"), List.of("down_proj"))));
      case "prompt_tuning" ->
          Optional.of(
              PromptAdapter.initialise(
                  decoder,
                  new PromptConfig(VIRTUAL_TOKENS, new PromptInitialisation.SampledVocabulary()),
                  seed));
      case "prefix_tuning" ->
          Optional.of(
              PrefixAdapter.initialise(
                  decoder,
                  new PrefixConfig(VIRTUAL_TOKENS),
                  new PrefixInitialisation.SampledVocabulary(),
                  seed));
      case "bottleneck" ->
          Optional.of(
              BottleneckAdapter.initialise(
                  decoder, BottleneckConfig.houlsby(16, Nonlinearity.SWISH), seed));
      case "none" -> Optional.empty();
      default -> throw new IllegalArgumentException("no method is called " + method);
    };
  }

  private static Trainables trainables(
      LanguageModel model, Optional<Adapter> adapter, JsonNode task) {
    return adapter
        .map(each -> Trainables.of(model.decoder(), each))
        .orElseGet(
            () ->
                Trainables.of(
                    model.decoder(),
                    WeightSelection.ALL,
                    new Batching(
                        task.get("batch").intValue(),
                        task.get("microBatches").intValue(),
                        0,
                        true)));
  }

  private static void train(
      ObjectNode result,
      LanguageModel model,
      Trainables trainables,
      JsonNode task,
      List<TokenizedExample> examples) {
    try (TrainingRun run =
        TrainingRun.overExamples(
            model.decoder(),
            trainables,
            SftWork.settings(task, task.get("seed").longValue()),
            examples)) {
      long start = System.nanoTime();
      TrainingOutcome outcome = run.run(new TrainingListener() {}, Optional.empty());
      double seconds = (System.nanoTime() - start) / 1e9;
      result
          .put("seconds", seconds)
          .put("tokens", outcome.tokensSeen())
          .put("steps", outcome.steps())
          .put("tokensPerSecond", outcome.tokensSeen() / seconds)
          .put("trainingPeakMegabytes", ResidentMemory.peak().orElse(0) / 1e6);
    }
  }

  /** Mean over target tokens, nats. */
  private static double mean(LossMeter meter, List<TokenizedExample> examples) {
    List<LossMeter.Loss> losses = meter.losses(examples, 8);
    return losses.stream().mapToDouble(LossMeter.Loss::sum).sum()
        / losses.stream().mapToInt(LossMeter.Loss::targets).sum();
  }

  /** The share of utterances whose greedy answer is the intent's name. */
  private static double score(
      LanguageModel model,
      BlockAdapter adapter,
      List<IntentRows.Row> rows,
      List<TokenizedExample> examples) {
    Set<Integer> stops = model.tokenizer().specialTokens().stops();
    int right = 0;
    try (Generator generator = new Generator(model.decoder(), adapter)) {
      for (int from = 0; from < rows.size(); from += ANSWERS_AT_ONCE) {
        int to = Math.min(rows.size(), from + ANSWERS_AT_ONCE);
        List<int[]> prompts =
            examples.subList(from, to).stream()
                .map(each -> Arrays.copyOf(each.ids(), each.targetSpans()[0]))
                .toList();
        List<GeneratedTokens> answers =
            generator.generate(
                new GenerationRequest(prompts, ANSWER_TOKENS, stops, Sampling.GREEDY),
                (row, token) -> true);
        for (int i = from; i < to; i++) {
          int[] ids = answers.get(i - from).ids();
          int[] text = Arrays.stream(ids).takeWhile(id -> !stops.contains(id)).toArray();
          if (model.tokenizer().decode(text).strip().equals(rows.get(i).intent())) {
            right++;
          }
        }
      }
    }
    return (double) right / rows.size();
  }

  /** Bytes of the weights' files as they are saved. */
  private static long resultBytes(JsonNode task, LanguageModel model, Optional<Adapter> adapter)
      throws IOException {
    try (Scratch scratch = Scratch.below(Path.of(task.get("work").textValue()))) {
      Path saved = scratch.path().resolve("result");
      if (adapter.isPresent()) {
        PeftFolder.save(adapter.get(), saved, "base");
      } else {
        ModelExport.of(model, Optional.empty(), ModelCard.named("learned")).huggingFace(saved);
      }
      try (Stream<Path> files = Files.walk(saved)) {
        return files
            .filter(file -> file.toString().endsWith(".safetensors"))
            .mapToLong(file -> file.toFile().length())
            .sum();
      }
    }
  }
}
