package io.affinage.llm.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.adapter.ScoredAdapter;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.Nf4Folder;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.export.GgufMix;
import io.affinage.llm.export.ModelCard;
import io.affinage.llm.export.ModelExport;
import io.affinage.llm.generation.GeneratedTokens;
import io.affinage.llm.generation.GenerationRequest;
import io.affinage.llm.generation.Generator;
import io.affinage.llm.generation.Sampling;
import io.affinage.llm.generation.TokenListener;
import io.affinage.llm.model.BlockWeights;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.model.ScalarHead;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.model.config.LinearLayer;
import io.affinage.llm.reward.Rendering;
import io.affinage.llm.reward.RewardModel;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.tensor.Precision;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What a device computes beside what the CPU computes with the same weights in their plain form.
 * The device is that of {@code -Daffinage.device} (cuda, cuda:1), without it the CPU.
 */
class DeviceTest {
  private static final String DEVICE = System.getProperty("affinage.device", "cpu");
  private static final LoraConfig LORA = new LoraConfig(4, 8, 0, false, List.of("all-linear"));
  private static final Function<Decoder, Adapter> ADAPTER =
      decoder ->
          LoraAdapter.of(
              decoder, LORA, (block, layer, matrix, shape) -> random(block, shape.size()));

  @TempDir private static Path folder;

  @BeforeAll
  static void write() {
    try (LanguageModel model = SuperBlockModel.initialise(4, 256)) {
      ModelExport export = ModelExport.of(model, Optional.empty(), ModelCard.named("tiny"));
      export.huggingFace(plain());
      export.gguf(gguf(GgufMix.Q4_1), GgufMix.Q4_1);
      export.gguf(gguf(GgufMix.Q8_0), GgufMix.Q8_0);
      export.gguf(gguf(GgufMix.Q4_K_M), GgufMix.Q4_K_M);
    }
    for (boolean nested : List.of(false, true)) {
      Checkpoint files = Checkpoint.open(plain());
      new Nf4Folder(
              files,
              plain(),
              DecoderFiles.matrices(files),
              nested,
              "float32",
              Nf4Folder.SHARD_BYTES)
          .write(quantized(nested ? WeightForm.NF4_DOUBLE : WeightForm.NF4), (a, b, c) -> {});
    }
  }

  private static Path plain() {
    return folder.resolve("plain");
  }

  private static Path gguf(GgufMix mix) {
    return folder.resolve(mix.name() + ".gguf");
  }

  private static Path quantized(WeightForm form) {
    return folder.resolve(form.userName());
  }

  private static float[] random(long seed, long size) {
    Random random = new Random(seed);
    float[] values = new float[(int) size];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * 0.02);
    }
    return values;
  }

  private static NDManager cpu() {
    return NDManager.newBaseManager(Device.cpu(), "PyTorch");
  }

  private static NDManager device() {
    return NDManager.newBaseManager(Compute.of(DEVICE, "auto").resolveDevice(), "PyTorch");
  }

  @ParameterizedTest
  @CsvSource({"NF4, FLOAT32", "NF4_DOUBLE, FLOAT32", "NF4, BFLOAT16", "NF4_DOUBLE, BFLOAT16"})
  void shouldDequantizeNf4(WeightForm form, Precision precision) {
    Checkpoint files = Checkpoint.open(plain());
    try (NDManager here = cpu();
        NDManager there = device();
        Decoder expected = DecoderFiles.load(here, DecoderFiles.rounded(files, form), precision);
        Decoder stored = DecoderFiles.load(there, files, precision, form);
        Decoder streamed =
            DecoderFiles.stream(there, Checkpoint.open(quantized(form)), precision)) {
      assertWeights(stored, expected, precision);
      assertWeights(streamed, expected, precision);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"Q4_1", "Q8_0", "Q4_K_M"})
  void shouldDequantizeGguf(GgufMix mix) {
    Checkpoint files = Checkpoint.open(gguf(mix));
    try (NDManager here = cpu();
        NDManager there = device();
        Decoder expected = DecoderFiles.load(here, files, Precision.FLOAT32);
        Decoder stored = DecoderFiles.load(there, files, Precision.FLOAT32, WeightForm.GGUF)) {
      assertWeights(stored, expected, Precision.FLOAT32);
      assertResults(stored, expected);
    }
  }

  /** A device may fuse a product and a sum, and so round once where the CPU rounds twice. */
  private static void assertWeights(Decoder actual, Decoder expected, Precision precision) {
    float apart = precision == Precision.FLOAT32 ? 1e-6f : 1f / 128;
    for (int layer = 0; layer < expected.shape().layers(); layer++) {
      BlockWeights found = actual.blocks().acquire(layer);
      BlockWeights wanted = expected.blocks().acquire(layer);
      for (LinearLayer linear : expected.config().linears()) {
        float[] values = actual.toFloats(found.weight(linear));
        float[] exact = expected.toFloats(wanted.weight(linear));
        assertThat(values).hasSameSizeAs(exact);
        for (int i = 0; i < exact.length; i++) {
          assertThat(values[i])
              .as("%s of block %d at %d", linear.path(), layer, i)
              .isCloseTo(exact[i], within(apart * Math.abs(exact[i])));
        }
      }
      actual.blocks().release(layer);
      expected.blocks().release(layer);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"NF4", "NF4_DOUBLE"})
  void shouldTrainBesideNf4InMemoryAndOnDisk(WeightForm form) {
    Checkpoint files = Checkpoint.open(plain());
    try (NDManager here = cpu();
        NDManager there = device();
        Decoder expected =
            DecoderFiles.load(here, DecoderFiles.rounded(files, form), Precision.FLOAT32);
        Decoder stored = DecoderFiles.load(there, files, Precision.FLOAT32, form);
        Decoder streamed =
            DecoderFiles.stream(there, Checkpoint.open(quantized(form)), Precision.FLOAT32)) {
      assertResults(stored, expected);
      assertResults(streamed, expected);
    }
  }

  /** Three steps of training, losses after it, the next token's logits. */
  private static void assertResults(Decoder actual, Decoder expected) {
    Nf4TrainingTest.Results found = Nf4TrainingTest.results(actual, ADAPTER);
    Nf4TrainingTest.Results wanted = Nf4TrainingTest.results(expected, ADAPTER);
    assertThat(found.losses()).hasSameSizeAs(wanted.losses());
    for (int i = 0; i < wanted.losses().size(); i++) {
      assertThat(found.losses().get(i)).containsExactly(wanted.losses().get(i), within(1e-3f));
    }
    assertThat(found.logits()).containsExactly(wanted.logits(), within(1e-3f));
  }

  @ParameterizedTest
  @EnumSource(names = {"PLAIN", "PACKED", "NF4_DOUBLE"})
  void shouldGenerateTheCpusTokens(WeightForm form) {
    Checkpoint files = Checkpoint.open(plain());
    try (NDManager here = cpu();
        NDManager there = device()) {
      if (form.packed() && there.getDevice().isGpu()) {
        assertThatThrownBy(() -> DecoderFiles.load(there, files, Precision.FLOAT32, form))
            .isInstanceOfSatisfying(
                LlmException.class, e -> assertThat(e.code()).isEqualTo("weight_form_unsupported"));
        return;
      }
      try (Decoder expected =
              DecoderFiles.load(here, DecoderFiles.rounded(files, form), Precision.FLOAT32);
          Decoder actual = DecoderFiles.load(there, files, Precision.FLOAT32, form)) {
        List<GeneratedTokens> wanted = generated(expected);
        List<GeneratedTokens> found = generated(actual);
        for (int row = 0; row < wanted.size(); row++) {
          assertThat(found.get(row).ids()).isEqualTo(wanted.get(row).ids());
          assertThat(found.get(row).logProbabilities())
              .containsExactly(wanted.get(row).logProbabilities(), within(1e-3));
        }
      }
    }
  }

  private static List<GeneratedTokens> generated(Decoder decoder) {
    List<int[]> prompts = List.of(new int[] {7, 9, 11, 20, 31}, new int[] {7, 9, 40});
    try (Adapter adapter = ADAPTER.apply(decoder);
        Generator generator = new Generator(decoder, adapter)) {
      return generator.generate(
          new GenerationRequest(prompts, 12, Set.of(), Sampling.GREEDY), TokenListener.NONE);
    }
  }

  /** In rows of fixed shapes: a text's score is the same in any company. */
  @ParameterizedTest
  @EnumSource(names = {"PLAIN", "NF4_DOUBLE"})
  void shouldScoreTextsInAnyCompany(WeightForm form) throws Exception {
    Path adapter = folder.resolve("scored-" + form.userName());
    float[] wanted;
    try (LanguageModel body =
        LanguageModel.open(plain(), Compute.of("cpu", "float32"), WeightForm.PLAIN, form)) {
      try (ScoredAdapter scored =
          new ScoredAdapter(
              (LoraAdapter) ADAPTER.apply(body.decoder()),
              ScalarHead.of(body.decoder(), random(5, 256), OptionalInt.of(3)))) {
        scored.save(adapter, "tiny");
      }
      new Rendering(Rendering.Form.CHAT, OptionalInt.of(3)).write(adapter);
      try (RewardModel model = RewardModel.open(body, adapter)) {
        wanted = model.scores(texts(model));
      }
    }
    try (LanguageModel body = LanguageModel.open(plain(), Compute.of(DEVICE, "float32"), form);
        RewardModel model = RewardModel.open(body, adapter)) {
      List<TokenizedExample> texts = texts(model);
      float[] found = model.scores(texts);
      assertThat(found).containsExactly(wanted, within(1e-3f));
      for (int i = 0; i < texts.size(); i++) {
        assertThat(model.scores(List.of(texts.get(i)))[0]).as("text %d", i).isEqualTo(found[i]);
      }
    }
  }

  private static List<TokenizedExample> texts(RewardModel model) {
    List<TokenizedExample> texts = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      texts.add(
          model.encode("t" + i, "who sat on the mat? ".repeat(i % 3), "a cat, ".repeat(1 + i)));
    }
    return texts;
  }

  /** Nothing computes elsewhere than where it was told to. */
  @Test
  void shouldBeWhereItWasTold() {
    try (NDManager there = device()) {
      assertThat(there.getDevice().isGpu()).isEqualTo(DEVICE.startsWith("cuda"));
    }
  }
}
