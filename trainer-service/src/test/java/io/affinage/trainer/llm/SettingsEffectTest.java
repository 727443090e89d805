package io.affinage.trainer.llm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.events.ContentIds;
import io.affinage.events.TrainingSpec;
import io.affinage.events.Warning;
import io.affinage.events.adapter.AdapterSpec;
import io.affinage.events.adapter.LoraSpec;
import io.affinage.events.objective.ObjectiveSpec;
import io.affinage.events.spec.InvalidSpecException;
import io.affinage.events.spec.SpecResolver;
import io.affinage.trainer.engine.BaseFolders;
import io.affinage.trainer.engine.EngineListener;
import io.affinage.trainer.engine.EngineOutcome;
import io.affinage.trainer.engine.EngineProgress;
import io.affinage.trainer.engine.Preflight;
import io.affinage.trainer.engine.TrainingException;
import io.affinage.trainer.engine.TrainingJob;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every setting of a training of a base model: changing it changes what comes out of a run, or it
 * is refused by name as having no meaning there. None is accepted and ignored.
 */
@Tag("slow")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SettingsEffectTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What is trained. */
  enum Regime {
    ADAPTER("{'method': 'sft'}"),
    WEIGHTS("{'method': 'sft', 'adapter': {'type': 'none'}}"),
    SCRATCH(
        "{'method': 'pretrain', 'architecture': {'hiddenSize': 16, 'intermediateSize': 32,"
            + " 'layers': 2, 'heads': 2, 'kvHeads': 1, 'vocabularySize': 280, 'contextLength': 64},"
            + " 'maxLength': 32, 'batchSize': 4}");

    private final String spec;

    Regime(String spec) {
      this.spec = spec;
    }
  }

  /**
   * A setting's other value, and what must be set beside it so that it can matter.
   *
   * @param value JSON
   * @param beside a specification
   */
  private record Change(String value, String beside) {
    Change(String value) {
      this(value, "{}");
    }
  }

  private static final Map<String, Change> CHANGES = changes();

  private static Map<String, Change> changes() {
    Map<String, Change> all = new LinkedHashMap<>();
    all.put("method", new Change("'pretrain'"));
    all.put("adapter.type", new Change("'none'"));
    all.put("adapter.rank", new Change("2"));
    all.put("adapter.loraAlpha", new Change("5"));
    all.put("adapter.loraDropout", new Change("0.5"));
    all.put("adapter.useRslora", new Change("true"));
    all.put("adapter.targetModules", new Change("['q_proj']"));
    all.put("adapter.initLoraWeights", new Change("'pissa'"));
    // At full rank the first turn leaves nothing to the others.
    all.put(
        "adapter.loftqIter",
        new Change(
            "3",
            "{'quantization': {'type': 'nf4'}, 'adapter': {'type': 'lora', 'rank': 2, 'initLoraWeights': 'loftq'}}"));
    all.put("architecture.hiddenSize", new Change("32"));
    all.put("architecture.intermediateSize", new Change("48"));
    all.put("architecture.layers", new Change("3"));
    all.put("architecture.heads", new Change("4"));
    all.put("architecture.kvHeads", new Change("2"));
    all.put("architecture.vocabularySize", new Change("290"));
    all.put("architecture.contextLength", new Change("48", "{'maxLength': 32}"));
    all.put("epochs", new Change("2"));
    all.put("maxSteps", new Change("2"));
    all.put("batchSize", new Change("6"));
    all.put("gradientAccumulation", new Change("2"));
    all.put("learningRate", new Change("0.02"));
    all.put("schedule", new Change("'linear'"));
    all.put("warmupRatio", new Change("0.5"));
    all.put("weightDecay", new Change("0.3"));
    all.put("maxGradNorm", new Change("0.001"));
    all.put("maxLength", new Change("40"));
    all.put("overlength", new Change("'truncate'", "{'maxLength': 44, 'allowTokenLoss': true}"));
    all.put("packing", new Change("false"));
    all.put("completionOnly", new Change("false"));
    all.put("dtype", new Change("'bfloat16'"));
    all.put("checkpointEverySteps", new Change("2"));
    all.put("seed", new Change("4"));
    all.put("weights.scope", new Change("'embeddings'"));
    all.put(
        "weights.lastLayers",
        new Change("2", "{'weights': {'scope': 'last_layers', 'lastLayers': 1}}"));
    all.put("weights.train", new Change("['*norm*']"));
    all.put("weights.freeze", new Change("['*norm*']"));
    all.put("optimizer.type", new Change("'lion'"));
    all.put("optimizer.beta1", new Change("0.5"));
    all.put("optimizer.beta2", new Change("0.9"));
    all.put("optimizer.epsilon", new Change("0.1"));
    all.put("optimizer.momentum", new Change("0.5", "{'optimizer': {'type': 'sgd'}}"));
    all.put("optimizer.nesterov", new Change("true", "{'optimizer': {'type': 'sgd'}}"));
    all.put("optimizer.loraPlusRatio", new Change("8"));
    all.put("optimizer.embeddingRateFactor", new Change("0.1"));
    all.put("optimizer.paged", new Change("true"));
    all.put("decayRatio", new Change("0.9", "{'schedule': 'wsd'}"));
    all.put("minLearningRateRatio", new Change("0.5"));
    all.put("tokenBudget", new Change("64"));
    all.put("regularisation.neftuneAlpha", new Change("5"));
    all.put("regularisation.labelSmoothing", new Change("0.2"));
    all.put("regularisation.emaDecay", new Change("0.5"));
    all.put("evaluation.everySteps", new Change("1"));
    String noBetter = "'everySteps': 1, 'minImprovement': 100";
    all.put(
        "evaluation.patience",
        new Change("1", "{'evaluation': {%s, 'keepBest': false}}".formatted(noBetter)));
    all.put(
        "evaluation.minImprovement",
        new Change("100", "{'evaluation': {'everySteps': 1, 'patience': 1, 'keepBest': false}}"));
    all.put(
        "evaluation.keepBest",
        new Change("true", "{'evaluation': {%s, 'keepBest': false}}".formatted(noBetter)));
    all.put("evaluation.maxRows", new Change("1"));
    all.put("keepCheckpoints", new Change("1", "{'checkpointEverySteps': 1}"));
    all.put("recomputeActivations", new Change("true"));
    all.put(
        "maxSkippedSteps",
        new Change("2", "{'adapter': {'type': 'lora', 'loraAlpha': 1e30}, 'learningRate': 1}"));
    all.put("guards.maxKl", new Change("1"));
    all.put("guards.minEntropy", new Change("0.1"));
    all.put("guards.patience", new Change("5"));
    all.put("trainOn", new Change("'last_answer'"));
    all.put("strict", new Change("true"));
    all.put("quantization", new Change("{'type': 'nf4'}"));
    all.put("allowTokenLoss", new Change("true", "{'maxLength': 30}"));
    return all;
  }

  @TempDir static Path folder;
  private final LlmTrainingEngine engine = new LlmTrainingEngine("cpu", NoRewards.SCORER);
  private final Map<String, String> seen = new HashMap<>();
  private Path base;
  private Path answers;
  private Path documents;

  @BeforeAll
  void pretrain() throws Exception {
    answers =
        dataset(
            "answers",
            30,
            SettingsEffectTest::answer,
            "{\"id\":\"bad\",\"prompt\":\"a\",\"completion\":\"\"}\n");
    documents =
        dataset(
            "documents",
            30,
            SettingsEffectTest::document,
            "{\"id\":\"bad\",\"text\":\"\\ud800\"}\n");
    EngineOutcome.Completed made =
        (EngineOutcome.Completed)
            engine.run(
                job(spec(Regime.SCRATCH, "{'maxSteps': 2}"), Regime.SCRATCH),
                documents,
                Optional.empty(),
                Optional.empty(),
                Files.createDirectories(folder.resolve("base")),
                new Watcher(folder));
    base = made.modelFolder();
  }

  @Test
  void shouldKnowEverySetting() {
    assertThat(CHANGES.keySet())
        .as("settings that this test changes")
        .containsExactlyInAnyOrderElementsOf(settings("", TrainingSpec.class));
  }

  @ParameterizedTest
  @EnumSource
  void shouldHonourOrRefuseEverySetting(Regime regime) throws Exception {
    List<String> ignored = new ArrayList<>();
    for (Map.Entry<String, Change> each : CHANGES.entrySet()) {
      ObjectNode before = spec(regime, each.getValue().beside());
      ObjectNode after = before.deepCopy();
      set(after, each.getKey(), json(value(regime, each.getKey(), each.getValue())));
      try {
        SpecResolver.resolve(read(after), regime == Regime.SCRATCH);
      } catch (UnrecognizedPropertyException e) {
        assertThat(each.getKey()).isEqualTo("adapter." + e.getPropertyName());
        continue; // no setting of the regime's type of adapter
      } catch (InvalidSpecException e) {
        // Named: the setting, its group that has no meaning here, or what must stand beside it.
        String group = each.getKey().split("\\.")[0];
        List<String> names = new ArrayList<>(List.of(group));
        json(each.getValue().beside()).fieldNames().forEachRemaining(names::add);
        assertThat(e.problems())
            .as(each.getKey() + " of " + regime)
            .extracting(problem -> problem.param().split("\\.")[0])
            .containsAnyElementsOf(names);
        continue;
      }
      if (regime == Regime.SCRATCH && each.getKey().equals("allowTokenLoss")) {
        continue; // rows of documents lose less than one row, which is never much of so many
      }
      if (observed(before, regime).equals(observed(after, regime))) {
        ignored.add(each.getKey());
      }
    }
    assertThat(ignored).as("settings that are accepted and change nothing").isEmpty();
  }

  /** Where a regime has a setting's other value already, the other way round. */
  private static String value(Regime regime, String path, Change change) {
    return switch (path) {
      case "adapter.type" -> regime == Regime.ADAPTER ? change.value() : "'lora'";
      case "method" -> regime == Regime.SCRATCH ? "'sft'" : change.value();
      default -> change.value();
    };
  }

  /** Everything that can be seen of a run but how long it took. */
  private String observed(ObjectNode spec, Regime regime) throws Exception {
    String key = regime + spec.toString();
    String known = seen.get(key);
    if (known != null) {
      return known;
    }
    Path work = Files.createTempDirectory(folder, "work");
    Watcher watcher = new Watcher(work);
    String end;
    try {
      end =
          described(
              engine.run(
                  job(spec, regime),
                  regime == Regime.SCRATCH ? documents : answers,
                  regime == Regime.SCRATCH
                      ? Optional.empty()
                      : Optional.of(new BaseFolders(base, Optional.empty())),
                  Optional.empty(),
                  work,
                  watcher));
    } catch (TrainingException e) {
      end = e.detail().toString();
    }
    String all = watcher.lines + end;
    seen.put(key, all);
    return all;
  }

  private static String described(EngineOutcome outcome) throws IOException {
    EngineOutcome.Completed done = (EngineOutcome.Completed) outcome;
    List<String> files = new ArrayList<>();
    try (Stream<Path> all = Files.list(done.modelFolder())) {
      for (Path file :
          all.filter(f -> f.toString().matches(".*(\\.safetensors|config\\.json)"))
              .sorted()
              .toList()) {
        files.add(ContentIds.of(Base64.getEncoder().encodeToString(Files.readAllBytes(file))));
      }
    }
    return new TreeMap<>(done.metrics()) + " " + files + " " + done.warnings();
  }

  private static TrainingJob job(ObjectNode spec, Regime regime) throws Exception {
    return new TrainingJob(
        "job",
        SpecResolver.resolve(read(spec), regime == Regime.SCRATCH),
        regime == Regime.SCRATCH ? null : "tiny");
  }

  /** Notes what a run tells, and which files it has. */
  private static final class Watcher implements EngineListener {
    private final Path work;
    private final List<String> lines = new ArrayList<>();

    private Watcher(Path work) {
      this.work = work;
    }

    @Override
    public void onPreflight(int totalSteps, Preflight found) {
      lines.add(
          "%d %s %s %s %d %s"
              .formatted(
                  totalSteps,
                  found.dtype(),
                  found.recomputesActivations(),
                  found.counts(),
                  found.memory().trainedParameters(),
                  found.warnings()));
    }

    @Override
    public void onWarning(Warning warning) {
      lines.add(warning.code());
    }

    @Override
    public void onStep(EngineProgress made) {
      lines.add(
          "%d %s %s %d %s %d %d"
              .formatted(
                  made.step(),
                  made.trainLoss(),
                  made.learningRate(),
                  made.tokensSeen(),
                  made.metrics(),
                  files("checkpoints", 1),
                  files("scratch", 3)));
    }

    private long files(String name, int depth) {
      Path at = work.resolve(name);
      if (!Files.exists(at)) {
        return 0;
      }
      try (Stream<Path> all = Files.walk(at, depth)) {
        return all.count();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void onCheckpoint(int step, Path at, Double loss) {
      lines.add("checkpoint " + step);
    }

    @Override
    public boolean shouldStop() {
      return false;
    }
  }

  private static ObjectNode spec(Regime regime, String beside) throws IOException {
    ObjectNode spec =
        json(
            "{'learningRate': 0.01, 'maxLength': 64, 'batchSize': 8, 'dtype': 'float32', 'seed': 3,"
                + " 'checkpointEverySteps': 50}");
    merge(spec, json(regime.spec));
    merge(spec, json(beside));
    return spec;
  }

  private static <T extends JsonNode> T json(String text) throws IOException {
    @SuppressWarnings("unchecked")
    T node = (T) JSON.readTree(text.replace('\'', '"'));
    return node;
  }

  private static void merge(ObjectNode into, ObjectNode from) {
    from.properties()
        .forEach(
            field -> {
              if (field.getValue().isObject() && into.get(field.getKey()) instanceof ObjectNode o) {
                merge(o, (ObjectNode) field.getValue());
              } else {
                into.set(field.getKey(), field.getValue());
              }
            });
  }

  private static void set(ObjectNode spec, String path, JsonNode value) {
    int dot = path.indexOf('.');
    if (dot < 0) {
      spec.set(path, value);
    } else {
      ObjectNode group = spec.withObject("/" + path.substring(0, dot));
      if (path.startsWith("adapter.") && !group.has("type")) {
        group.put("type", "lora");
      }
      group.set(path.substring(dot + 1), value);
    }
  }

  private static TrainingSpec read(ObjectNode spec) throws IOException {
    return JSON.treeToValue(spec, TrainingSpec.class);
  }

  private static List<String> settings(String prefix, Class<?> type) {
    List<String> found = new ArrayList<>();
    for (RecordComponent component : type.getRecordComponents()) {
      String path = prefix + component.getName();
      if (component.getType().isRecord()) {
        found.addAll(settings(path + ".", component.getType()));
      } else if (component.getType() == AdapterSpec.class) {
        found.add(path + ".type");
        found.addAll(settings(path + ".", LoraSpec.class));
      } else if (component.getType() != ObjectiveSpec.class) {
        found.add(path);
      }
    }
    return found;
  }

  /** One row, by its number. */
  private interface Row {
    String line(int number);
  }

  private static String answer(int i) {
    String word = List.of("red", "green", "blue").get(i % 3);
    return i % 3 == 0
        ? "{\"id\":\"c%d\",\"messages\":[%s,%s,%s,%s]}"
            .formatted(
                i,
                turn("user", "a"),
                turn("assistant", "b"),
                turn("user", "c"),
                turn("assistant", word))
        : "{\"id\":\"p%d\",\"prompt\":\"Box %d:\",\"completion\":\" %s\"}"
            .formatted(
                i, i, i == 1 ? "a long answer of many words, so that it has to be cut" : word);
  }

  private static String turn(String role, String text) {
    return "{\"role\":\"%s\",\"content\":\"%s\"}".formatted(role, text);
  }

  private static String document(int i) {
    return "{\"id\":\"d%d\",\"text\":\"Box %d is green and blue and red, and a box is a box. Box %d it is, and so on.\"}"
        .formatted(i, i, i);
  }

  private Path dataset(String name, int rows, Row row, String bad) throws IOException {
    Path dataset = Files.createDirectories(folder.resolve(name));
    StringBuilder train = new StringBuilder(bad);
    StringBuilder validation = new StringBuilder();
    for (int i = 0; i < rows; i++) {
      (i % 6 == 5 ? validation : train).append(row.line(i)).append('\n');
    }
    Files.writeString(dataset.resolve("train.jsonl"), train);
    Files.writeString(dataset.resolve("validation.jsonl"), validation);
    return dataset;
  }
}
