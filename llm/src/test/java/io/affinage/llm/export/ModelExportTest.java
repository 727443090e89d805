package io.affinage.llm.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.affinage.llm.LanguageModel;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.StorageType;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.text.TokenizerDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A model with an adapter into every format, and what happens when files are not what they should
 * be.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ModelExportTest {
  private static final ModelCard CARD = ModelCard.named("tiny");

  @TempDir private Path folder;
  private TinyExport tiny;
  private ModelExport merged;

  @BeforeAll
  void makeModel() {
    tiny = new TinyExport();
    merged = ModelExport.of(tiny.model, Optional.of(tiny.adapter), CARD);
  }

  @AfterAll
  void release() {
    tiny.close();
  }

  @ParameterizedTest
  @CsvSource({"F32, 1e-5", "F16, 1e-3", "BF16, 1e-2"})
  void shouldWriteShardsThatGiveTheLiveLogits(StorageType type, double limit) throws IOException {
    Exported exported = merged.huggingFace(folder.resolve("hf" + type), type, 600_000);

    assertThat(exported.logitError()).isLessThan(limit);
    assertThat(exported.files())
        .extracting(ExportedFile::name)
        .contains(
            "config.json",
            "generation_config.json",
            "tokenizer.json",
            "tokenizer_config.json",
            "README.md",
            "model.safetensors.index.json");
    List<ExportedFile> shards =
        exported.files().stream().filter(f -> f.name().endsWith(".safetensors")).toList();
    assertThat(shards).hasSizeGreaterThan(2);
    assertThat(shards).allSatisfy(shard -> assertThat(shard.bytes()).isLessThan(610_000));
    assertThat(Files.readAllLines(exported.folder().resolve("SHA256SUMS")))
        .hasSize(exported.files().size())
        .contains(shards.get(0).sha256() + "  " + shards.get(0).name());
    assertThat(Checkpoint.open(exported.folder()).config().text("torch_dtype"))
        .isEqualTo(Map.of("F32", "float32", "F16", "float16", "BF16", "bfloat16").get(type.name()));
  }

  @ParameterizedTest
  @EnumSource
  void shouldWriteGgufThatGivesTheLiveLogits(GgufMix mix) throws IOException {
    Exported exported = merged.gguf(folder.resolve("gguf" + mix), mix);

    double limit =
        switch (mix) {
          case F32 -> 1e-5;
          case F16 -> 1e-3;
          case BF16 -> 1e-2;
          case Q8_0 -> 0.03;
          case Q4_0, Q4_1, Q4_K_M -> 0.2;
        };
    assertThat(exported.logitError()).isLessThan(limit);
    assertThat(exported.files()).extracting(ExportedFile::name).containsOnlyOnce("README.md");
    try (LanguageModel read = LanguageModel.open(exported.folder(), TinyExport.CPU)) {
      String text = "the dog 12 é 🙂<|im_end|>";
      assertThat(read.tokenizer().encode(text)).isEqualTo(tiny.model.tokenizer().encode(text));
      assertThat(read.chatTemplate()).isPresent();
    }
  }

  @Test
  void shouldMixTypesAsTheReferenceDoes() {
    Checkpoint file = Checkpoint.open(merged.gguf(folder.resolve("mix"), GgufMix.Q4_K_M).folder());
    Map<String, StorageType> types = new HashMap<>();
    file.names().forEach(name -> types.put(name, file.entry(name).type()));

    // Four blocks: the last eighth and every third between have finer values and down-projections.
    assertThat(types)
        .containsEntry("model.embed_tokens.weight", StorageType.Q6_K)
        .containsEntry("model.norm.weight", StorageType.F32)
        .containsEntry("model.layers.0.self_attn.q_proj.weight", StorageType.Q4_K)
        .containsEntry("model.layers.0.self_attn.v_proj.weight", StorageType.Q4_K)
        .containsEntry("model.layers.2.self_attn.v_proj.weight", StorageType.Q6_K)
        .containsEntry("model.layers.2.mlp.down_proj.weight", StorageType.Q6_K)
        .containsEntry("model.layers.3.mlp.down_proj.weight", StorageType.Q6_K)
        .containsEntry("model.layers.3.mlp.up_proj.weight", StorageType.Q4_K);
  }

  @Test
  void shouldExportTheFilesOfABaseAndAnAdapterAsTheLiveModel() throws IOException {
    Path base =
        ModelExport.of(tiny.model, Optional.empty(), CARD)
            .huggingFace(folder.resolve("b"))
            .folder();
    Path adapter =
        AdapterExport.peft(tiny.model, tiny.adapter, folder.resolve("a"), "tiny").folder();
    Path live = merged.huggingFace(folder.resolve("live")).folder();

    Path streamed =
        ModelExport.ofFiles(base, Optional.of(adapter), TinyExport.CPU, CARD)
            .huggingFace(folder.resolve("streamed"))
            .folder();

    assertThat(streamed.resolve("model.safetensors"))
        .hasSameBinaryContentAs(live.resolve("model.safetensors"));
  }

  @Test
  void shouldWriteTheAdapterAlone() throws IOException {
    Exported exported = merged.ggufAdapter(folder.resolve("lora"));
    assertThat(exported.files()).extracting(ExportedFile::name).containsExactly("adapter.gguf");
    assertThatThrownBy(
            () ->
                ModelExport.of(tiny.model, Optional.empty(), CARD)
                    .ggufAdapter(folder.resolve("none")))
        .hasMessageContaining("no adapter");
    assertThat(folder.resolve("none")).doesNotExist();
  }

  @Test
  void shouldRefuseFilesThatAreNotTheLiveModel() throws IOException {
    Path base =
        ModelExport.of(tiny.model, Optional.empty(), CARD)
            .huggingFace(folder.resolve("x"))
            .folder();
    TokenizerDefinition tokenizer = tiny.model.definition();
    Weights plain = new DecoderWeights(tiny.model.decoder());
    LogitProbe live = LogitProbe.of(tiny.model, tiny.model.decoder().withoutAdapter());
    LogitProbe tuned = LogitProbe.of(tiny.model, tiny.adapter);
    Weights other = new MergedWeights(plain, LayerUpdate.of(tiny.model.decoder(), tiny.adapter));

    assertThat(
            new ReadBack(tiny.model.decoder().config(), plain, tokenizer, live, TinyExport.CPU)
                .require(base, StorageType.F32))
        .isZero();
    requireMismatch(
        new ReadBack(tiny.model.decoder().config(), other, tokenizer, live, TinyExport.CPU),
        base,
        "weight model.");
    requireMismatch(
        new ReadBack(tiny.model.decoder().config(), plain, tokenizer, tuned, TinyExport.CPU),
        base,
        "logits differ");
    var silent =
        new TokenizerDefinition(
            tokenizer.json(), tokenizer.specialTokens(), Map.of(), tokenizer.modelMaxLength());
    requireMismatch(
        new ReadBack(tiny.model.decoder().config(), plain, silent, live, TinyExport.CPU),
        base,
        "chat template");
  }

  private static void requireMismatch(ReadBack readBack, Path written, String message) {
    LlmException e =
        catchThrowableOfType(LlmException.class, () -> readBack.require(written, StorageType.F32));
    assertThat(e.code()).isEqualTo("export_mismatch");
    assertThat(e).hasMessageContaining(message).hasMessageContaining("nothing was kept");
  }

  @Test
  void shouldLeaveNothingBehindWhenItFailsAndOverwriteNothing() throws IOException {
    Path taken = Files.createDirectory(folder.resolve("taken"));
    Files.writeString(taken.resolve("mine.txt"), "mine");
    assertThatThrownBy(() -> merged.huggingFace(taken)).hasMessageContaining("not an empty folder");
    assertThat(taken.resolve("mine.txt")).hasContent("mine");

    Path target = folder.resolve("failed");
    assertThatThrownBy(() -> merged.huggingFace(target, StorageType.Q8_0, 1))
        .hasMessageContaining("f32, f16 or bf16");
    try (StagedFolder staged = StagedFolder.beside(target)) {
      staged.text("half.txt", "half");
    }
    assertThat(target).doesNotExist();
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left.filter(path -> path.getFileName().toString().startsWith("."))).isEmpty();
    }
  }

  @Test
  void shouldNotWriteNumbersThatATypeCannotHold() {
    Weights large =
        new Weights() {
          private final Weights plain = new DecoderWeights(tiny.model.decoder());

          @Override
          public List<Weight> list() {
            return plain.list();
          }

          @Override
          public void read(Weight weight, long firstRow, int rows, float[] destination) {
            plain.read(weight, firstRow, rows, destination);
            destination[5] = 70_000;
          }
        };
    assertThatThrownBy(
            () ->
                GgufModelFile.write(
                    folder.resolve("large.gguf"),
                    "large",
                    tiny.model.decoder().config(),
                    large,
                    tiny.model.definition(),
                    GgufMix.F16))
        .hasMessageContaining("70000.0")
        .hasMessageContaining("use BF16 or F32");
    assertThat(folder.resolve("large.gguf")).doesNotExist();
  }
}
