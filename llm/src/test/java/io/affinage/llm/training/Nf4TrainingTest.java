package io.affinage.llm.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.FamilyFixture;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.adapter.bottleneck.BottleneckAdapter;
import io.affinage.llm.adapter.bottleneck.BottleneckConfig;
import io.affinage.llm.adapter.bottleneck.Nonlinearity;
import io.affinage.llm.adapter.dora.DoraAdapter;
import io.affinage.llm.adapter.ia3.Ia3Adapter;
import io.affinage.llm.adapter.ia3.Ia3Config;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.Nf4Folder;
import io.affinage.llm.checkpoint.SafetensorsWriter;
import io.affinage.llm.checkpoint.StorageType;
import io.affinage.llm.checkpoint.TensorEntry;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.evaluation.LossMeter;
import io.affinage.llm.generation.Generator;
import io.affinage.llm.model.BlockUse;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.model.WeightForm;
import io.affinage.llm.tensor.Precision;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Training on a base in NF4 is training on a plain one that has the dequantized weights, to the
 * bit: they are the same products of the same numbers.
 */
class Nf4TrainingTest {
  private static final LoraConfig LORA = new LoraConfig(2, 4, 0, false, List.of("all-linear"));

  @TempDir Path folder;

  /** What a model computes and becomes. */
  record Results(List<float[]> losses, List<float[]> trained, float[] logits) {}

  static Stream<FamilyFixture> families() {
    return FamilyFixture.all().stream();
  }

  @ParameterizedTest
  @MethodSource("families")
  void shouldTrainEveryFamily(FamilyFixture family) {
    check(family, Precision.FLOAT32, decoder -> LoraAdapter.initialise(decoder, LORA, 3));
  }

  static Stream<Arguments> adapters() {
    Map<String, Function<Decoder, Adapter>> types = new HashMap<>();
    types.put("dora", decoder -> DoraAdapter.initialise(decoder, LORA, 3));
    types.put(
        "ia3",
        decoder ->
            Ia3Adapter.initialise(
                decoder,
                new Ia3Config(List.of("k_proj", "v_proj", "down_proj"), List.of("down_proj"))));
    types.put(
        "bottleneck",
        decoder ->
            BottleneckAdapter.initialise(
                decoder, BottleneckConfig.houlsby(2, Nonlinearity.RELU), 3));
    types.put("lora", decoder -> LoraAdapter.initialise(decoder, LORA, 3));
    return types.entrySet().stream().map(each -> Arguments.of(each.getKey(), each.getValue()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("adapters")
  void shouldTrainEveryAdapter(String type, Function<Decoder, Adapter> adapter) {
    check(FamilyFixture.named("llama3-rope"), Precision.BFLOAT16, adapter);
  }

  private static void check(
      FamilyFixture family, Precision precision, Function<Decoder, Adapter> adapter) {
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder quantized =
            DecoderFiles.load(root, family.checkpoint(), precision, WeightForm.NF4_DOUBLE);
        Decoder plain = DecoderFiles.load(root, family.checkpoint(), precision)) {
      Results before = results(plain, adapter);
      int changed = copyBlocks(quantized, plain);
      assertThat(changed).isPositive();

      Results expected = results(plain, adapter);
      Results actual = results(quantized, adapter);

      assertThat(expected.logits()).isNotEqualTo(before.logits());
      assertThat(actual.losses()).usingRecursiveComparison().isEqualTo(expected.losses());
      assertThat(actual.trained()).usingRecursiveComparison().isEqualTo(expected.trained());
      assertThat(actual.logits()).isEqualTo(expected.logits());
      assertThat(actual.losses())
          .allSatisfy(
              each -> {
                for (float loss : each) {
                  assertThat(loss).isFinite();
                }
              });
    }
  }

  /**
   * A run that was stopped goes on to the same bits, on a base that is quantized anew; on a plain
   * base it does not go on.
   */
  @Test
  void shouldResumeToTheBit() {
    List<float[]> whole =
        train(WeightForm.NF4_DOUBLE, Recorder.toTheEnd(), Optional.empty(), "whole");
    Recorder stopping = Recorder.stoppingAfter(2);
    train(WeightForm.NF4_DOUBLE, stopping, Optional.empty(), "stopped");
    Path last = stopping.checkpoints.get(stopping.checkpoints.size() - 1);

    List<float[]> resumed =
        train(WeightForm.NF4_DOUBLE, Recorder.toTheEnd(), Optional.of(last), "resumed");

    assertThat(last.getFileName()).hasToString("checkpoint-2");
    assertThat(resumed).usingRecursiveComparison().isEqualTo(whole);
    assertThatThrownBy(
            () -> train(WeightForm.PLAIN, Recorder.toTheEnd(), Optional.of(last), "plain"))
        .isInstanceOfSatisfying(
            LlmException.class, e -> assertThat(e.code()).isEqualTo("checkpoint_mismatch"))
        .hasMessageContaining("weights is");
  }

  private List<float[]> train(
      WeightForm form, Recorder recorder, Optional<Path> resume, String name) {
    TrainingSettings settings =
        TrainingSettings.DEFAULT
            .withMaxSteps(4)
            .with(Batching.of(4))
            .with(new Checkpointing(2, 0))
            .withSeed(5);
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder =
            DecoderFiles.load(
                root, FamilyFixture.named("qwen2").checkpoint(), Precision.BFLOAT16, form);
        Adapter adapter = LoraAdapter.initialise(decoder, LORA, 3);
        Trainables trainables = Trainables.of(decoder, adapter);
        TrainingRun run =
            TrainingRun.overExamples(
                decoder, trainables, settings, examples(decoder.shape().vocabularySize()))) {
      resume.ifPresent(run::resume);
      run.run(recorder, Optional.of(folder.resolve(name)));
      return TinyModel.values(trainables);
    }
  }

  /** Blocks that are read again and again from their file give the bits of blocks that stay. */
  @ParameterizedTest
  @ValueSource(strings = {"llama3-rope", "phi3"})
  void shouldStreamTheSameBits(String family) throws IOException {
    Path stored = fiveBlocks(family);
    for (Precision precision : List.of(Precision.FLOAT32, Precision.BFLOAT16)) {
      try (NDManager root = NDManager.newBaseManager("PyTorch");
          Decoder resident =
              DecoderFiles.load(root, Checkpoint.open(stored), precision, WeightForm.NF4);
          Decoder streamed = DecoderFiles.stream(root, Checkpoint.open(stored), precision)) {
        Function<Decoder, Adapter> adapter = decoder -> LoraAdapter.initialise(decoder, LORA, 3);
        Results expected = results(resident, adapter);
        Results actual = results(streamed, adapter);
        assertThat(actual).usingRecursiveComparison().isEqualTo(expected);
      }
    }
  }

  /**
   * What a block's backward pass takes is kept or computed again, with its weights there or not.
   */
  @Test
  void shouldStreamTheSameBitsWithRecomputedActivations() throws IOException {
    Path stored = fiveBlocks("llama3-rope");
    Function<Decoder, Adapter> adapter = decoder -> LoraAdapter.initialise(decoder, LORA, 3);
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder resident =
            DecoderFiles.load(
                root, Checkpoint.open(stored), Precision.BFLOAT16, WeightForm.NF4_DOUBLE);
        Decoder streamed = DecoderFiles.stream(root, Checkpoint.open(stored), Precision.BFLOAT16)) {
      Results expected = results(resident, adapter, false);
      List<BlockUse> uses = new ArrayList<>();
      streamed.blocks().observe(uses::add);

      Results actual = results(streamed, adapter, true);

      assertThat(actual).usingRecursiveComparison().isEqualTo(expected);
      // A step brings each block up twice, forward and back; the last one stays for both.
      for (int step = 0; step < 3; step++) {
        assertThat(uses.subList(9 * step, 9 * step + 9))
            .extracting(BlockUse::layer)
            .containsExactly(0, 1, 2, 3, 4, 3, 2, 1, 0);
      }
      // Where the direction turns, the block before is still there.
      assertThat(uses.subList(1, 9)).filteredOn(use -> use.bytes() == 0).hasSize(1);
      assertThat(uses.subList(9, 18)).filteredOn(use -> use.bytes() == 0).hasSize(3);
    }
  }

  /** An embedding and a head that lie in the file as they are computed with are not copied. */
  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  void shouldMapEmbeddingsOfAStreamedModel(Precision precision) throws IOException {
    Path stored = fiveBlocks("llama3-rope", true);
    Function<Decoder, Adapter> adapter = decoder -> LoraAdapter.initialise(decoder, LORA, 3);
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder resident =
            DecoderFiles.load(root, Checkpoint.open(stored), precision, WeightForm.NF4);
        Decoder streamed = DecoderFiles.stream(root, Checkpoint.open(stored), precision)) {
      assertThat(results(streamed, adapter))
          .usingRecursiveComparison()
          .isEqualTo(results(resident, adapter));
      assertThatThrownBy(
              () -> Trainables.of(streamed, WeightSelection.embeddings(streamed.config())))
          .isInstanceOfSatisfying(
              LlmException.class, e -> assertThat(e.code()).isEqualTo("weights_not_resident"));
    }
  }

  @Test
  void shouldSayThatItsFileWasCut() throws IOException {
    Path stored = fiveBlocks("llama3-rope");
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder streamed = DecoderFiles.stream(root, Checkpoint.open(stored), Precision.FLOAT32)) {
      streamed.blocks().acquire(0);
      streamed.blocks().release(0);
      try (FileChannel file =
          FileChannel.open(stored.resolve("model.safetensors"), StandardOpenOption.WRITE)) {
        file.truncate(0);
      }
      assertThatThrownBy(
              () -> {
                for (int layer = 1; layer < 5; layer++) {
                  streamed.blocks().acquire(layer);
                  streamed.blocks().release(layer);
                }
              })
          .isInstanceOfSatisfying(
              LlmException.class, e -> assertThat(e.code()).isEqualTo("checkpoint_unreadable"));
    }
  }

  /** Scales are looked at whenever they are read: nothing is trained beside what is no number. */
  @Test
  void shouldSayThatAStreamedScaleIsNoNumber() throws IOException {
    Path stored = fiveBlocks("llama3-rope");
    String damaged = "model.layers.3.mlp.up_proj.weight.nested_absmax";
    Path file = stored.resolve("model.safetensors");
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    int header = (int) bytes.getLong(0);
    int at =
        new ObjectMapper()
            .readTree(bytes.array(), 8, header)
            .get(damaged)
            .get("data_offsets")
            .get(0)
            .asInt();
    bytes.putFloat(8 + header + at, Float.NaN);
    Files.write(file, bytes.array());
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder streamed = DecoderFiles.stream(root, Checkpoint.open(stored), Precision.FLOAT32)) {
      assertThatThrownBy(
              () -> results(streamed, decoder -> LoraAdapter.initialise(decoder, LORA, 3)))
          .isInstanceOfSatisfying(
              LlmException.class, e -> assertThat(e.code()).isEqualTo("checkpoint_not_finite"))
          .hasMessageContaining(file + ": tensor " + damaged + " has NaN at [0]");
    }
  }

  @Test
  void shouldStreamQuantizedFoldersAlone() {
    try (NDManager root = NDManager.newBaseManager("PyTorch")) {
      assertThatThrownBy(
              () ->
                  DecoderFiles.stream(
                      root, FamilyFixture.named("qwen2").checkpoint(), Precision.FLOAT32))
          .isInstanceOfSatisfying(
              LlmException.class, e -> assertThat(e.code()).isEqualTo("weights_not_quantized"));
    }
  }

  /** A quantized folder of a model of five blocks, more than are in memory at once. */
  private Path fiveBlocks(String family) throws IOException {
    return fiveBlocks(family, false);
  }

  /**
   * @param halved whether what is outside of blocks is bfloat16
   */
  private Path fiveBlocks(String family, boolean halved) throws IOException {
    Checkpoint two = FamilyFixture.named(family).checkpoint();
    SafetensorsWriter writer = new SafetensorsWriter();
    for (String name : two.names()) {
      Matcher block = Pattern.compile("(model\\.layers\\.)([01])(\\..*)").matcher(name);
      TensorEntry entry = two.entry(name);
      if (block.matches()) {
        for (int layer = Integer.parseInt(block.group(2)); layer < 5; layer += 2) {
          float[] values = two.readFloats(name);
          for (int i = 0; i < values.length; i++) {
            values[i] *= 1 + 0.01f * layer;
          }
          writer.add(block.group(1) + layer + block.group(3), values, entry.shape());
        }
      } else if (halved) {
        float[] values = two.readFloats(name);
        ByteBuffer bytes = ByteBuffer.allocate(2 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
          bytes.putShort((short) (Float.floatToRawIntBits(value) >>> 16));
        }
        writer.add(name, StorageType.BF16, entry.shape(), bytes.flip());
      } else {
        writer.add(two, entry);
      }
    }
    Path plain = Files.createDirectories(folder.resolve(family));
    writer.write(plain.resolve("model.safetensors"));
    ObjectNode config = two.config().json();
    config.put("num_hidden_layers", 5);
    new ObjectMapper().writeValue(plain.resolve("config.json").toFile(), config);
    Checkpoint five = Checkpoint.open(plain);
    Path quantized = folder.resolve(family + "-nf4");
    new Nf4Folder(five, plain, DecoderFiles.matrices(five), true, "float32", Nf4Folder.SHARD_BYTES)
        .write(quantized, (file, weights, of) -> {});
    return quantized;
  }

  /** Gives one decoder's blocks the numbers of another's; returns how many arrays that changed. */
  private static int copyBlocks(Decoder from, Decoder to) {
    int[] changed = {0};
    from.forEachBlock(
        (layer, block) -> {
          Map<String, float[]> values = new HashMap<>();
          block.forEach((name, array) -> values.put(name, from.toFloats(array)));
          to.blocks()
              .acquire(layer)
              .forEach(
                  (name, array) -> {
                    if (!Arrays.equals(to.toFloats(array), values.get(name))) {
                      to.assign(array, values.get(name));
                      changed[0]++;
                    }
                  });
          to.blocks().release(layer);
        });
    return changed[0];
  }

  static Results results(Decoder decoder, Function<Decoder, Adapter> make) {
    return results(decoder, make, false);
  }

  private static Results results(
      Decoder decoder, Function<Decoder, Adapter> make, boolean recompute) {
    List<TokenizedExample> examples = examples(decoder.shape().vocabularySize());
    List<float[]> losses = new ArrayList<>();
    List<float[]> trained;
    TrainingSettings settings =
        TrainingSettings.DEFAULT
            .withMaxSteps(3)
            .with(Batching.of(4))
            .withRecomputedActivations(recompute)
            .withSeed(5);
    try (Adapter adapter = make.apply(decoder)) {
      try (Trainables trainables = Trainables.of(decoder, adapter);
          TrainingRun run = TrainingRun.overExamples(decoder, trainables, settings, examples)) {
        Recorder recorder = Recorder.toTheEnd();
        run.run(recorder, Optional.empty());
        trained = TinyModel.values(trainables);
        recorder.steps.forEach(
            step -> losses.add(new float[] {(float) step.loss(), (float) step.gradNorm()}));
      }
      List<LossMeter.Loss> after = new LossMeter(decoder, adapter).losses(examples, 4);
      for (LossMeter.Loss loss : after) {
        losses.add(new float[] {(float) loss.sum()});
      }
      try (Generator generator = new Generator(decoder, adapter)) {
        return new Results(losses, trained, generator.nextLogits(examples.get(0).ids()));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"NF4", "NF4_DOUBLE"})
  void shouldRefuseToTrainQuantizedWeights(WeightForm form) {
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder =
            DecoderFiles.load(
                root, FamilyFixture.named("qwen2").checkpoint(), Precision.FLOAT32, form)) {
      assertThatThrownBy(() -> Trainables.allWeights(decoder))
          .isInstanceOfSatisfying(
              LlmException.class, e -> assertThat(e.code()).isEqualTo("weights_quantized"))
          .hasMessageContaining(form.userName());
      try (Trainables head = Trainables.of(decoder, WeightSelection.embeddings(decoder.config()))) {
        assertThat(head.size()).isPositive();
      }
    }
  }

  @Test
  void shouldDropWhatNobodyReads() {
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder =
            DecoderFiles.load(
                root,
                FamilyFixture.named("qwen2").checkpoint(),
                Precision.FLOAT32,
                WeightForm.NF4)) {
      NDArray first = decoder.blocks().acquire(0).arrays().get(0);
      NDArray again = decoder.blocks().acquire(0).arrays().get(0);
      assertThat(again).isSameAs(first);
      decoder.blocks().release(0);
      NDArray second = decoder.blocks().acquire(1).arrays().get(0);
      assertThat(second).isNotSameAs(first);
      decoder.blocks().release(0);
      decoder.blocks().release(1);
      // The room of blocks that were released is used again.
      assertThat(decoder.blocks().acquire(1).arrays().get(0)).isIn(first, second);
      decoder.blocks().release(1);
      assertThatThrownBy(() -> decoder.blocks().release(1))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  private static List<TokenizedExample> examples(int vocabulary) {
    Random random = new Random(17);
    List<TokenizedExample> examples = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      int[] ids = random.ints(8 + i, 1, vocabulary).toArray();
      ids[0] = 7;
      ids[1] = 9;
      examples.add(TokenizedExample.targetsFrom("e" + i, ids, 3));
    }
    return examples;
  }
}
