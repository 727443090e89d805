package io.affinage.trainer.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.events.TrainingSpec;
import io.affinage.events.adapter.AdapterSpec;
import io.affinage.events.adapter.LoraSpec;
import io.affinage.events.objective.ObjectiveSpec;
import io.affinage.events.objective.SampledObjective;
import io.affinage.events.quantization.QuantizationSpec;
import io.affinage.events.spec.Choices;
import io.affinage.events.spec.InvalidSpecException;
import io.affinage.events.spec.Settings;
import io.affinage.events.spec.SpecResolver;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.export.GgufMix;
import io.affinage.llm.export.ModelCard;
import io.affinage.llm.export.ModelExport;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.DecoderShape;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.text.BpeTrainer;
import io.affinage.trainer.engine.AnswerScorer;
import io.affinage.trainer.engine.BaseFolders;
import io.affinage.trainer.engine.EngineListener;
import io.affinage.trainer.engine.EngineOutcome;
import io.affinage.trainer.engine.EngineProgress;
import io.affinage.trainer.engine.TrainingJob;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every method and objective with every type of adapter on every form of the base, all taken from
 * what is registered: each takes three steps that move it, or is refused by name when it is asked
 * for, before anything is loaded.
 */
@Tag("slow")
class TrainingMatrixTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String NONE = "none";
  private static final String LORA = "lora";

  /** What is trained beside an adapter and does not show that the adapter is. */
  private static final Set<String> HEADS = Set.of("score.weight", "v_head.summary.weight");

  /** Every second answer is right. */
  private static final AnswerScorer HALF =
      (reward, answers, at, waiting) ->
          AnswerScorer.Scores.of(
              IntStream.range(0, answers.size()).mapToObj(i -> OptionalDouble.of(i % 2)).toList());

  @TempDir private static Path folder;

  /**
   * A form of the base.
   *
   * @param quantization a name of {@link QuantizationSpec}; null for the base's own numbers
   */
  private record Form(String quantization) {
    String title() {
      return quantization == null ? "plain" : quantization;
    }

    /** What is quantized already is kept as it is, so it has to be there. */
    Path base() {
      return folder.resolve("gguf".equals(quantization) ? "gguf" : "base");
    }
  }

  @BeforeAll
  static void makeBase() {
    try (LanguageModel model =
        LanguageModel.initialise(
            DecoderConfig.llama(new DecoderShape(300, 32, 64, 2, 4, 2, 8, 96, true), 1e-5, 10_000),
            BpeTrainer.train(
                IntStream.range(0, 40).mapToObj("Box %d is red. Colour: blue"::formatted).toList(),
                BpeTrainer.Settings.chatMl(300)),
            7,
            Compute.of("cpu", "float32"))) {
      ModelExport.of(model, Optional.empty(), ModelCard.named("tiny"))
          .huggingFace(folder.resolve("base"));
      ModelExport.of(model, Optional.empty(), ModelCard.named("tiny"))
          .gguf(folder.resolve("gguf"), GgufMix.Q4_0);
    }
  }

  @TestFactory
  Stream<DynamicContainer> everyMethodAdapterAndForm() {
    List<Form> forms = new ArrayList<>();
    forms.add(new Form(null));
    Choices.names(QuantizationSpec.class).forEach(each -> forms.add(new Form(each)));
    return methods().stream()
        .map(
            method ->
                DynamicContainer.dynamicContainer(
                    method,
                    adapters().stream()
                        .flatMap(
                            adapter ->
                                forms.stream()
                                    .map(
                                        form ->
                                            DynamicTest.dynamicTest(
                                                adapter + ", " + form.title(),
                                                () -> check(method, adapter, form))))));
  }

  /** The types, and LoRA with each other way to begin. */
  private static List<String> adapters() {
    List<String> adapters = new ArrayList<>(Choices.names(AdapterSpec.class));
    assertThat(adapters).contains(NONE, LORA);
    Settings.find(LoraSpec.class, "initLoraWeights").words().stream()
        .filter(start -> !start.equals(LoraSpec.TRUE))
        .forEach(start -> adapters.add(LORA + " " + start));
    return adapters;
  }

  private static List<String> methods() {
    List<String> methods = Settings.find(TrainingSpec.class, "method").words();
    assertThat(methods).containsAll(Choices.names(ObjectiveSpec.class)).contains("sft", "pretrain");
    return methods;
  }

  private static void check(String method, String adapter, Form form) throws Exception {
    TrainingSpec given = JSON.treeToValue(spec(method, adapter, form), TrainingSpec.class);
    Set<String> refused = refused(method, adapter, form);
    if (!refused.isEmpty()) {
      InvalidSpecException refusal =
          catchThrowableOfType(
              InvalidSpecException.class, () -> SpecResolver.resolve(given, false));
      assertThat(refusal).as("refusal of " + refused).isNotNull();
      assertThat(refusal.detail().code()).isEqualTo("invalid_training_spec");
      assertThat(refusal.problems())
          .extracting(problem -> problem.param())
          .containsOnlyOnceElementsOf(refused)
          .hasSameSizeAs(refused);
      return;
    }
    Watcher watcher = new Watcher();
    EngineOutcome.Completed done =
        (EngineOutcome.Completed)
            new LlmTrainingEngine("cpu", HALF)
                .run(
                    new TrainingJob("matrix", SpecResolver.resolve(given, false), "tiny"),
                    dataset(method),
                    Optional.of(new BaseFolders(form.base(), Optional.empty())),
                    Optional.empty(),
                    Files.createTempDirectory(folder, "work"),
                    watcher);

    assertThat(watcher.steps).hasSize(3);
    assertThat(watcher.steps).allSatisfy(step -> assertThat(step.trainLoss()).isFinite());
    assertThat(watcher.moved()).as("arrays that the second step moved").isNotEmpty();
    assertThat(done.adapter()).isEqualTo(!adapter.equals(NONE));
  }

  /** The settings that are named where a combination has no meaning; empty where it has. */
  private static Set<String> refused(String method, String adapter, Form form) {
    boolean weights = adapter.equals(NONE);
    Set<String> refused = new HashSet<>();
    if (weights && form.quantization() != null) {
      refused.add("quantization");
    }
    if (method.equals("pretrain") && !weights) {
      refused.add("adapter.type");
    }
    if (!startFits(method, adapter, form)) {
      refused.add("adapter.initLoraWeights");
    }
    // Their divergence from the start is wanted by default, and trained weights leave no start.
    if (weights && method.equals("ppo")) {
      refused.add("objective.klCoef");
    }
    if (weights && method.equals("rloo")) {
      refused.add("objective.beta");
    }
    return refused;
  }

  /** LoftQ makes up for NF4; PiSSA changes weights, which a GGUF file's blocks do not. */
  private static boolean startFits(String method, String adapter, Form form) {
    if (adapter.equals(LORA + " " + LoraSpec.LOFTQ)) {
      return "nf4".equals(form.quantization()) && !method.equals("reward_model");
    }
    return !adapter.equals(LORA + " " + LoraSpec.PISSA)
        || !"gguf".equals(form.quantization()) && !method.equals("reward_model");
  }

  private static ObjectNode spec(String method, String adapter, Form form) {
    ObjectNode spec = JSON.createObjectNode();
    spec.put("method", method)
        .put("maxSteps", 3)
        .put("batchSize", 4)
        .put("maxLength", 48)
        .put("learningRate", 0.01)
        .put("schedule", "constant")
        .put("warmupRatio", 0)
        .put("checkpointEverySteps", 1)
        .put("dtype", "bfloat16");
    String[] typeAndStart = adapter.split(" ");
    ObjectNode beside = spec.putObject("adapter").put("type", typeAndStart[0]);
    if (typeAndStart.length > 1) {
      beside.put("initLoraWeights", typeAndStart[1]);
    }
    if (adapter.startsWith(LORA) || adapter.equals("dora")) {
      beside.put("rank", 2);
    } else if (adapter.endsWith("_tuning")) {
      beside.put("numVirtualTokens", 3);
    }
    if (form.quantization() != null) {
      spec.putObject("quantization").put("type", form.quantization());
    }
    if (samples(method)) {
      ObjectNode objective = spec.putObject("objective").put("type", method);
      objective.put("maxCompletionLength", 4).put("numGenerations", 2);
      objective.putObject("reward").put("type", "exact_match");
    }
    return spec;
  }

  private static boolean samples(String method) {
    return Choices.find(ObjectiveSpec.class, method)
        .filter(SampledObjective.class::isAssignableFrom)
        .isPresent();
  }

  private static Path dataset(String method) throws IOException {
    StringBuilder rows = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      rows.append(row(method, i)).append('\n');
    }
    Path dataset = Files.createTempDirectory(folder, "dataset");
    Files.writeString(dataset.resolve("train.jsonl"), rows);
    Files.writeString(dataset.resolve("validation.jsonl"), "");
    return dataset;
  }

  private static String row(String method, int i) {
    if (method.equals("pretrain")) {
      return "{\"id\":\"%d\",\"text\":\"Box %d is red. Colour: blue\"}".formatted(i, i);
    }
    boolean pairs = Choices.find(ObjectiveSpec.class, method).isPresent() && !samples(method);
    return pairs
        ? "{\"id\":\"%d\",\"prompt\":\"Box %d:\",\"chosen_text\":\" red\",\"rejected_text\":\" blue\"}"
            .formatted(i, i)
        : "{\"id\":\"%d\",\"prompt\":\"Box %d:\",\"completion\":\" red\"}".formatted(i, i);
  }

  /** Reads what is trained after each step. */
  private static final class Watcher implements EngineListener {
    private final List<EngineProgress> steps = new ArrayList<>();
    private final List<Map<String, float[]>> trained = new ArrayList<>();

    @Override
    public void onStep(EngineProgress progress) {
      steps.add(progress);
    }

    @Override
    public void onCheckpoint(int step, Path at, Double loss) {
      Checkpoint arrays = Checkpoint.openSafetensors(at.resolve("trainables.safetensors"));
      Map<String, float[]> values = new HashMap<>();
      arrays.names().forEach(name -> values.put(name, arrays.readFloats(name)));
      trained.add(values);
    }

    @Override
    public boolean shouldStop() {
      return false;
    }

    /** Names of arrays that the second step changed, all of them finite, heads left out. */
    List<String> moved() {
      assertThat(trained.size()).as("checkpoints").isGreaterThanOrEqualTo(2);
      Map<String, float[]> before = trained.get(0);
      Map<String, float[]> after = trained.get(trained.size() - 1);
      assertThat(after.keySet()).isEqualTo(before.keySet());
      after.values().forEach(TrainingMatrixTest::requireFinite);
      return after.keySet().stream()
          .filter(name -> !HEADS.contains(name))
          .filter(name -> !Arrays.equals(before.get(name), after.get(name)))
          .toList();
    }
  }

  private static void requireFinite(float[] values) {
    for (float value : values) {
      assertThat(value).isFinite();
    }
  }
}
