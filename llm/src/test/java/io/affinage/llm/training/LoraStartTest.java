package io.affinage.llm.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.llm.FamilyFixture;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.ChangedBase;
import io.affinage.llm.adapter.DecomposedBase;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraAdapter.Matrix;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.adapter.LoraStart;
import io.affinage.llm.adapter.PeftFolder;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.Nf4Folder;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.generation.Generator;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.model.config.LinearLayer;
import io.affinage.llm.tensor.Precision;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * LoRA that begins with a part of the base's weights (PiSSA, LoftQ), against PEFT: see
 * src/test/python/lora_start_fixtures.py.
 */
class LoraStartTest {
  private static final float CLOSE = 2e-5f;

  @TempDir private Path folder;

  /** Products, the rest of the weights, training, and the file beside the original base. */
  @ParameterizedTest
  @ValueSource(strings = {"qwen2", "gpt2"})
  void shouldBeginAndTrainAsPissaInPeft(String family) throws IOException {
    JsonNode golden = golden(family);
    JsonNode pissa = golden.get("pissa");
    FamilyFixture fixture = FamilyFixture.named(family);
    DecomposedBase parts =
        DecomposedBase.of(
            fixture.checkpoint(), config(golden, pissa), new LoraStart.Pissa(), WeightForm.PLAIN);
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder = DecoderFiles.load(root, parts.base(), Precision.FLOAT32);
        LoraAdapter adapter = parts.adapter(decoder);
        Decoder original = DecoderFiles.load(root, fixture.checkpoint(), Precision.FLOAT32)) {
      assertMatrices(decoder, adapter, pissa.get("matrices"));
      assertThatThrownBy(() -> PeftFolder.save(adapter, folder.resolve("start"), family))
          .isInstanceOfSatisfying(
              LlmException.class, e -> assertThat(e.code()).isEqualTo("adapter_is_zero"));

      List<TrainingProgress> steps = train(decoder, adapter, golden);

      for (int i = 0; i < steps.size(); i++) {
        JsonNode expected = pissa.get("trace").get(i);
        assertThat(steps.get(i).loss()).isCloseTo(expected.get(0).asDouble(), within(1e-4));
        assertThat(steps.get(i).gradNorm() / expected.get(1).asDouble()).isCloseTo(1, within(1e-3));
      }
      int[] text = texts(golden).get(0);
      assertClose(logits(decoder, adapter, text), pissa.get("trained_logits"), 1e-3f);
      Path stored = Files.createDirectories(folder.resolve("stored"));
      PeftFolder.save(adapter, stored, family);
      PeftFolder.requireStored(adapter, stored);
      JsonNode config = new ObjectMapper().readTree(stored.resolve("adapter_config.json").toFile());
      assertThat(config.get("r")).isEqualTo(pissa.get("converted").get("r"));
      assertThat(config.get("lora_alpha").asDouble())
          .isEqualTo(pissa.get("converted").get("lora_alpha").asDouble());
      assertThat(config.get("init_lora_weights").asText()).isEqualTo("true");
      try (Adapter plain = PeftFolder.load(original, stored)) {
        assertClose(logits(original, plain, text), pissa.get("converted_logits"), 1e-3f);
      }
    }
  }

  /** At scaling 1, as PEFT leaves the scaling out of what it decomposes. */
  @ParameterizedTest
  @CsvSource({"qwen2, 0", "qwen2, 1", "gpt2, 0", "gpt2, 1"})
  void shouldBeginAsLoftqInPeft(String family, int which) throws IOException {
    JsonNode golden = golden(family);
    JsonNode loftq = golden.get("loftq").get(which);
    DecomposedBase parts =
        DecomposedBase.of(
            FamilyFixture.named(family).checkpoint(),
            config(golden, loftq),
            new LoraStart.LoftQ(loftq.get("iterations").asInt()),
            WeightForm.NF4);
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder = DecoderFiles.load(root, parts.base(), Precision.FLOAT32, WeightForm.NF4);
        LoraAdapter adapter = parts.adapter(decoder)) {
      assertMatrices(decoder, adapter, loftq.get("matrices"));
      assertClose(logits(decoder, adapter, texts(golden).get(0)), loftq.get("start_logits"), 1e-3f);
      // After one turn the base is its own quantization, and the adapter an ordinary one.
      assertThat(adapter.takenRank().isPresent()).isEqualTo(which > 0);
    }
  }

  /**
   * Quantized, its file and what it took out of the base give the numbers that it was trained
   * beside, which neither the base's own nor their quantization are.
   */
  @ParameterizedTest
  @CsvSource({"qwen2, NF4_DOUBLE, 0", "gpt2, NF4_DOUBLE, 0", "qwen2, NF4, 3"})
  void shouldFindTheNumbersAgainThatItWasTrainedBeside(
      String family, WeightForm form, int iterations) throws IOException {
    JsonNode golden = golden(family);
    Checkpoint files = FamilyFixture.named(family).checkpoint();
    LoraConfig config = config(golden, golden.get("pissa"));
    DecomposedBase parts =
        DecomposedBase.of(
            files,
            config,
            iterations == 0 ? new LoraStart.Pissa() : new LoraStart.LoftQ(iterations),
            form);
    int[] text = texts(golden).get(0);
    Path stored = Files.createDirectories(folder.resolve("stored"));
    float[] trained;
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder = DecoderFiles.load(root, parts.base(), Precision.FLOAT32, form);
        LoraAdapter adapter = parts.adapter(decoder)) {
      train(decoder, adapter, golden);
      trained = logits(decoder, adapter, text);
      PeftFolder.save(adapter, stored, family);
    }
    assertThat(ChangedBase.isFor(stored)).isTrue();
    float[] found = logits(ChangedBase.beside(files, form, Optional.of(stored)), stored, text);
    float[] quantized = logits(DecoderFiles.rounded(files, form), stored, text);

    assertThat(distance(found, trained)).isLessThan(1e-4);
    assertThat(distance(quantized, trained)).isGreaterThan(100 * distance(found, trained));
  }

  /** Both lose less of the weights than quantizing them alone; LoftQ's turns do not lose more. */
  @Test
  void shouldLoseLessThanQuantizationAlone() {
    Checkpoint files = FamilyFixture.named("llama3-rope").checkpoint();
    LoraConfig config = new LoraConfig(4, 8, 0, false, List.of("all-linear"));
    double alone = lost(files, Optional.empty());
    double pissa =
        lost(
            files,
            Optional.of(
                DecomposedBase.of(files, config, new LoraStart.Pissa(), WeightForm.NF4_DOUBLE)));
    double once =
        lost(
            files,
            Optional.of(
                DecomposedBase.of(files, config, new LoraStart.LoftQ(1), WeightForm.NF4_DOUBLE)));
    double often =
        lost(
            files,
            Optional.of(
                DecomposedBase.of(files, config, new LoraStart.LoftQ(5), WeightForm.NF4_DOUBLE)));

    assertThat(pissa).isLessThan(alone);
    assertThat(once).isLessThan(0.9 * alone);
    assertThat(often).isLessThan(once);
  }

  /** Squares of what base and start together are away from the weights. */
  private static double lost(Checkpoint files, Optional<DecomposedBase> parts) {
    double[] sum = {0};
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder own = DecoderFiles.load(root, files, Precision.FLOAT32);
        Decoder decoder =
            DecoderFiles.load(
                root,
                parts.map(DecomposedBase::base).orElse(files),
                Precision.FLOAT32,
                WeightForm.NF4_DOUBLE)) {
      Optional<LoraAdapter> adapter = parts.map(each -> each.adapter(decoder));
      own.forEachBlock(
          (layer, block) ->
              decoder
                  .config()
                  .linears()
                  .forEach(
                      linear -> {
                        float[] wanted = own.toFloats(block.weight(linear));
                        float[] found =
                            decoder.toFloats(decoder.blocks().acquire(layer).weight(linear));
                        decoder.blocks().release(layer);
                        adapter.ifPresent(each -> add(product(each, layer, linear), found));
                        for (int i = 0; i < wanted.length; i++) {
                          sum[0] += Math.pow(wanted[i] - found[i], 2);
                        }
                      }));
      adapter.ifPresent(LoraAdapter::close);
    }
    return sum[0];
  }

  private static void add(float[] product, float[] to) {
    for (int i = 0; i < to.length; i++) {
      to[i] += product[i];
    }
  }

  @Test
  void shouldRefuseWhatHasNoMeaning() throws IOException {
    Checkpoint files = FamilyFixture.named("llama3-rope").checkpoint();
    LoraConfig config = new LoraConfig(2, 4, 0, false, List.of("all-linear"));
    assertRefused(
        "lora_start_unsupported", files, config, new LoraStart.LoftQ(1), WeightForm.PLAIN);
    assertRefused("lora_start_unsupported", files, config, new LoraStart.Pissa(), WeightForm.GGUF);
    assertRefused(
        "invalid_adapter",
        files,
        new LoraConfig(500, 4, 0, false, List.of("all-linear")),
        new LoraStart.Pissa(),
        WeightForm.PLAIN);
    assertThatThrownBy(() -> new LoraStart.LoftQ(0)).isInstanceOf(LlmException.class);

    Path quantized = folder.resolve("nf4");
    new Nf4Folder(
            files,
            FamilyFixture.named("llama3-rope").folder(),
            DecoderFiles.matrices(files),
            true,
            "float32",
            Nf4Folder.SHARD_BYTES)
        .write(quantized, (file, weights, of) -> {});
    assertRefused(
        "lora_start_unsupported",
        Checkpoint.open(quantized),
        config,
        new LoraStart.Pissa(),
        WeightForm.NF4);
  }

  private static void assertRefused(
      String code, Checkpoint files, LoraConfig config, LoraStart start, WeightForm form) {
    assertThatThrownBy(() -> DecomposedBase.of(files, config, start, form))
        .isInstanceOfSatisfying(LlmException.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  @Test
  void shouldFindTheSameAgain() {
    Checkpoint files = FamilyFixture.named("llama3-rope").checkpoint();
    LoraConfig config = new LoraConfig(2, 4, 0, false, List.of("all-linear"));
    String first = DecomposedBase.of(files, config, new LoraStart.Pissa(), WeightForm.NF4).digest();
    assertThat(DecomposedBase.of(files, config, new LoraStart.Pissa(), WeightForm.NF4).digest())
        .isEqualTo(first);
    assertThat(DecomposedBase.of(files, config, new LoraStart.LoftQ(1), WeightForm.NF4).digest())
        .isNotEqualTo(first);
  }

  private static List<TrainingProgress> train(
      Decoder decoder, LoraAdapter adapter, JsonNode golden) {
    int prompt = golden.get("prompt_length").asInt();
    List<int[]> texts = texts(golden);
    List<TokenizedExample> examples =
        IntStream.range(0, texts.size())
            .mapToObj(i -> TokenizedExample.targetsFrom("text " + i, texts.get(i), prompt))
            .toList();
    TrainingSettings settings =
        TrainingSettings.DEFAULT
            .withMaxSteps(golden.get("pissa").get("trace").size())
            .with(Batching.of(examples.size()))
            .with(new Schedule(Schedule.Shape.CONSTANT, 0, 0, 0))
            .with(Optimization.DEFAULT.withLearningRate(golden.get("rate").asDouble()));
    Recorder recorder = Recorder.toTheEnd();
    try (Trainables trainables = Trainables.of(decoder, adapter);
        TrainingRun run = TrainingRun.overExamples(decoder, trainables, settings, examples)) {
      run.run(recorder, Optional.empty());
    }
    return recorder.steps;
  }

  private static void assertMatrices(Decoder decoder, LoraAdapter adapter, JsonNode expected) {
    List<String> seen = new ArrayList<>();
    decoder.forEachBlock(
        (layer, block) -> {
          for (LinearLayer target : adapter.targets()) {
            String name =
                LoraAdapter.key(decoder.config(), layer, target, Matrix.A)
                    .replace("base_model.model.", "")
                    .replace(".lora_A.weight", "");
            JsonNode matrix = expected.get(name);
            seen.add(name);
            float[] product = product(adapter, layer, target);
            assertRow(product, matrix.get("product"), matrix.get("product_norm"));
            assertRow(
                decoder.toFloats(block.weight(target)),
                matrix.get("base"),
                matrix.get("base_norm"));
          }
        });
    assertThat(seen).hasSize(expected.size());
  }

  private static void assertRow(float[] matrix, JsonNode firstRow, JsonNode norm) {
    for (int i = 0; i < firstRow.size(); i++) {
      assertThat(matrix[i]).isCloseTo((float) firstRow.get(i).asDouble(), within(CLOSE));
    }
    double squares = 0;
    for (float value : matrix) {
      squares += (double) value * value;
    }
    assertThat(Math.sqrt(squares)).isCloseTo(norm.asDouble(), within(1e-4));
  }

  /** s B A [out, in] */
  private static float[] product(LoraAdapter adapter, int layer, LinearLayer target) {
    if (!adapter.targets().contains(target)) {
      return new float[target.out() * target.in()];
    }
    float[] a = adapter.matrix(layer, target, Matrix.A).toFloatArray();
    float[] b = adapter.matrix(layer, target, Matrix.B).toFloatArray();
    int rank = adapter.config().rank();
    float[] product = new float[target.out() * target.in()];
    for (int row = 0; row < target.out(); row++) {
      for (int column = 0; column < target.in(); column++) {
        double sum = 0;
        for (int i = 0; i < rank; i++) {
          sum += (double) b[row * rank + i] * a[i * target.in() + column];
        }
        product[row * target.in() + column] = (float) (adapter.config().scaling() * sum);
      }
    }
    return product;
  }

  private static float[] logits(Checkpoint base, Path adapter, int[] text) {
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder = DecoderFiles.load(root, base, Precision.FLOAT32);
        Adapter loaded = PeftFolder.load(decoder, adapter)) {
      return logits(decoder, loaded, text);
    }
  }

  private static float[] logits(Decoder decoder, Adapter adapter, int[] text) {
    try (Generator generator = new Generator(decoder, adapter)) {
      return generator.nextLogits(text);
    }
  }

  private static void assertClose(float[] found, JsonNode expected, float tolerance) {
    assertThat(found).hasSize(expected.size());
    for (int i = 0; i < found.length; i++) {
      assertThat(found[i]).isCloseTo((float) expected.get(i).asDouble(), within(tolerance));
    }
  }

  private static double distance(float[] one, float[] other) {
    double most = 0;
    for (int i = 0; i < one.length; i++) {
      most = Math.max(most, Math.abs(one[i] - other[i]));
    }
    return most;
  }

  private static LoraConfig config(JsonNode golden, JsonNode start) {
    List<String> targets =
        StreamSupport.stream(golden.get("targets").spliterator(), false)
            .map(JsonNode::asText)
            .toList();
    return new LoraConfig(
        golden.get("rank").asInt(), start.get("alpha").asDouble(), 0, false, targets);
  }

  private static List<int[]> texts(JsonNode golden) {
    List<int[]> texts = new ArrayList<>();
    for (JsonNode text : golden.get("texts")) {
      texts.add(
          StreamSupport.stream(text.spliterator(), false).mapToInt(JsonNode::asInt).toArray());
    }
    return texts;
  }

  private static JsonNode golden(String family) throws IOException {
    try (InputStream file =
        LoraStartTest.class.getResourceAsStream("/lora-start/" + family + ".json")) {
      return new ObjectMapper().readTree(file);
    }
  }
}
