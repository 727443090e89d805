package io.affinage.llm.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.types.DataType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.llm.AdapterFixture;
import io.affinage.llm.OpenDecoders;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.PeftFolder;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.PeftConfig;
import io.affinage.llm.data.Group;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.evaluation.LossMeter;
import io.affinage.llm.generation.Generator;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.tensor.Precision;
import io.affinage.llm.tensor.ThreadPair;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every method of adaptation against what PEFT computes from the same files. */
@Tag("slow")
class AdapterFixtureTest {
  private static final OpenDecoders DECODERS = new OpenDecoders();

  private static final String ALL = "io.affinage.llm.AdapterFixture#all";

  @TempDir private Path folder;

  @AfterAll
  static void close() {
    DECODERS.close();
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void shouldComputeWhatPeftComputes(AdapterFixture fixture) {
    for (WeightForm form : new WeightForm[] {WeightForm.PLAIN, WeightForm.PACKED}) {
      Decoder decoder = DECODERS.of(fixture.family(), Precision.FLOAT32, form);
      try (Adapter adapter = PeftFolder.load(decoder, fixture.folder());
          Generator generator = new Generator(decoder, adapter)) {
        List<int[]> texts = fixture.texts();
        for (int i = 0; i < texts.size(); i++) {
          JsonNode expected = fixture.golden().get("last_logits").get(i);
          float[] logits = generator.nextLogits(texts.get(i));
          for (int t = 0; t < logits.length; t++) {
            assertThat((double) logits[t]).isCloseTo(expected.get(t).asDouble(), within(1e-4));
          }
        }
        assertThat(loss(decoder, adapter, fixture.examples()))
            .isCloseTo(fixture.golden().get("loss").asDouble(), within(1e-5));
      }
    }
  }

  private static double loss(Decoder decoder, Adapter adapter, List<TokenizedExample> examples) {
    double sum = 0;
    int targets = 0;
    for (LossMeter.Loss loss : new LossMeter(decoder, adapter).losses(examples, 2)) {
      sum += loss.sum();
      targets += loss.targets();
    }
    return sum / targets;
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void shouldGiveEveryArrayItsGradient(AdapterFixture fixture) {
    Decoder decoder = DECODERS.of(fixture.family());
    try (Adapter adapter = PeftFolder.load(decoder, fixture.folder());
        Trainables trainables = Trainables.of(decoder, adapter);
        Backpropagation backpropagation =
            new Backpropagation(decoder, trainables, TrainingSettings.DEFAULT)) {
      int targets = fixture.examples().stream().mapToInt(TokenizedExample::targetCount).sum();

      double loss = backpropagation.accumulate(groups(fixture), 1.0 / targets, 0);

      assertThat(loss / targets).isCloseTo(fixture.golden().get("loss").asDouble(), within(1e-5));
      JsonNode expected = fixture.golden().get("gradients");
      Map<String, float[]> gradients = byPeftsKeys(fixture, trainables);
      assertThat(gradients).hasSize(expected.size());
      for (String key : gradients.keySet()) {
        JsonNode golden = golden(expected, key);
        double norm = golden.get(0).asDouble();
        assertThat(FamilyGradientTest.norm(gradients.get(key)))
            .as(key)
            .isCloseTo(norm, within(1e-4 * norm));
        assertThat(FamilyGradientTest.alongDirection(gradients.get(key)))
            .as(key)
            .isCloseTo(golden.get(1).asDouble(), within(1e-4 * norm));
      }
    }
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void shouldGiveTheSameByTwoThreads(AdapterFixture fixture) {
    List<Group> groups = groups(fixture);
    Decoder decoder = DECODERS.of(fixture.family());
    try (Adapter adapter = PeftFolder.load(decoder, fixture.folder());
        Trainables trainables = Trainables.of(decoder, adapter);
        ThreadPair threads = HalvesTest.pair();
        Backpropagation backpropagation =
            new Backpropagation(
                decoder, trainables, TrainingSettings.DEFAULT, Optional.of(threads))) {
      double whole = backpropagation.accumulate(groups, 1, 0);
      List<float[]> expected = TinyModel.gradients(trainables);
      double norm = trainables.gradientNorm();
      trainables.clearGradients();
      int virtual = adapter.virtualTokens();
      Halves halves =
          new Halves(
              GroupRow.of(groups.subList(0, 1), decoder, true, virtual),
              GroupRow.of(groups.subList(1, 3), decoder, true, virtual));

      assertThat(backpropagation.accumulate(halves, 1, 0)).isCloseTo(whole, within(1e-5 * whole));

      List<float[]> found = TinyModel.gradients(trainables);
      for (int i = 0; i < expected.size(); i++) {
        assertThat(found.get(i))
            .as(trainables.parameters().get(i).name())
            .containsExactly(expected.get(i), within((float) (1e-5 * norm)));
      }
    }
  }

  /** Of a prefix PEFT has the keys and values of all layers side by side, as one array. */
  private static Map<String, float[]> byPeftsKeys(AdapterFixture fixture, Trainables trainables) {
    List<float[]> gradients = TinyModel.gradients(trainables);
    Map<String, float[]> result = new LinkedHashMap<>();
    if (!fixture.method().equals("prefix_tuning")) {
      for (int i = 0; i < gradients.size(); i++) {
        result.put(trainables.parameters().get(i).name(), gradients.get(i));
      }
      return result;
    }
    int tokens = (int) trainables.parameters().get(0).weight().getShape().get(0);
    int width = gradients.get(0).length / tokens;
    float[] joined = new float[gradients.size() * tokens * width];
    for (int i = 0; i < gradients.size(); i++) {
      for (int token = 0; token < tokens; token++) {
        int to = (token * gradients.size() + i) * width;
        System.arraycopy(gradients.get(i), token * width, joined, to, width);
      }
    }
    result.put("prompt_embeddings", joined);
    return result;
  }

  private static List<Group> groups(AdapterFixture fixture) {
    return fixture.examples().stream().map(Group::of).toList();
  }

  /** PEFT names a parameter in memory otherwise than in a file. */
  private static JsonNode golden(JsonNode gradients, String key) {
    if (key.equals("prompt_embeddings")) {
      return gradients.get("prompt_encoder.embedding.weight");
    }
    return gradients.has(key) ? gradients.get(key) : gradients.get(key + ".weight");
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void shouldTrainAsPeftDoes(AdapterFixture fixture) {
    List<TrainingProgress> steps = trained(fixture, DECODERS.of(fixture.family()));
    JsonNode trace = fixture.golden().get("trace");
    for (int i = 0; i < trace.size(); i++) {
      double norm = trace.get(i).get(1).asDouble();
      assertThat(steps.get(i).loss()).isCloseTo(trace.get(i).get(0).asDouble(), within(1e-4));
      assertThat(steps.get(i).gradNorm()).isCloseTo(norm, within(1e-4 * Math.max(1, norm)));
    }
  }

  /** What is trained stays float32; kernels read roundings of it. */
  @ParameterizedTest
  @MethodSource(ALL)
  void shouldTrainBesideAModelInSixteenBits(AdapterFixture fixture) {
    List<TrainingProgress> steps =
        trained(fixture, DECODERS.of(fixture.family(), Precision.BFLOAT16, WeightForm.PLAIN));
    JsonNode trace = fixture.golden().get("trace");
    for (int i = 0; i < trace.size(); i++) {
      double norm = trace.get(i).get(1).asDouble();
      assertThat(steps.get(i).loss()).isCloseTo(trace.get(i).get(0).asDouble(), within(0.03));
      assertThat(steps.get(i).gradNorm()).isCloseTo(norm, within(0.1 * norm));
    }
  }

  private static List<TrainingProgress> trained(AdapterFixture fixture, Decoder decoder) {
    TrainingSettings settings =
        TrainingSettings.DEFAULT
            .withMaxSteps(fixture.golden().get("trace").size())
            .with(Batching.of(fixture.examples().size()))
            .with(new Schedule(Schedule.Shape.CONSTANT, 0, 0, 0))
            .with(Optimization.DEFAULT.withLearningRate(fixture.golden().get("rate").asDouble()));
    Recorder recorder = Recorder.toTheEnd();
    try (Adapter adapter = PeftFolder.load(decoder, fixture.folder());
        Trainables trainables = Trainables.of(decoder, adapter);
        TrainingRun run =
            TrainingRun.overExamples(decoder, trainables, settings, fixture.examples())) {
      run.run(recorder, Optional.empty());
      assertThat(adapter.parameters())
          .allMatch(parameter -> parameter.array().getDataType() == DataType.FLOAT32);
    }
    return recorder.steps;
  }

  @ParameterizedTest
  @MethodSource(ALL)
  void shouldWriteWhatItRead(AdapterFixture fixture) throws IOException {
    Decoder decoder = DECODERS.of(fixture.family());
    try (Adapter adapter = PeftFolder.load(decoder, fixture.folder())) {
      PeftFolder.save(adapter, folder, fixture.family().name());
    }
    Checkpoint written = Checkpoint.open(folder.resolve("adapter_model.safetensors"));
    Checkpoint expected = fixture.weights();
    assertThat(written.names()).containsExactlyInAnyOrderElementsOf(expected.names());
    for (String name : expected.names()) {
      assertThat(written.entry(name).shape()).isEqualTo(expected.entry(name).shape());
      assertThat(written.readFloats(name)).isEqualTo(expected.readFloats(name));
    }
    JsonNode config = new ObjectMapper().readTree(folder.resolve(PeftConfig.FILE).toFile());
    JsonNode peft = new ObjectMapper().readTree(fixture.folder().resolve(PeftConfig.FILE).toFile());
    config
        .properties()
        .forEach(
            field -> {
              if (!field.getKey().equals("peft_version") && peft.has(field.getKey())) {
                assertThat(field.getValue().toString())
                    .as(field.getKey())
                    .isEqualTo(peft.get(field.getKey()).toString());
              }
            });
  }
}
