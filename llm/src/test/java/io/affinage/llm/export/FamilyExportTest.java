package io.affinage.llm.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.FamilyFixture;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.checkpoint.StorageType;
import io.affinage.llm.generation.Generator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Exports of families whose files lie otherwise than Llama's: weights as [in, out], names without
 * their prefix, tensors that are no weights. Every export is read back and held to the live model
 * by itself; this looks at what was written.
 */
@Tag("slow")
class FamilyExportTest {
  private static final ModelCard CARD = ModelCard.named("tiny");
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "gpt2, transformer.h.1.attn.c_attn, 'c_attn, c_fc, c_proj', true",
    "gpt2-bare, transformer.h.1.mlp.c_proj, 'c_attn, c_fc, c_proj', true",
    "gpt-neox, gpt_neox.layers.1.attention.query_key_value, 'dense, dense_4h_to_h, dense_h_to_4h, query_key_value', false"
  })
  void shouldMergeAnAdapterAlikeFromFilesAndFromTheLiveModel(
      String family, String module, String targets, boolean transposed) throws IOException {
    Path base = withTokenizer(family);
    try (LanguageModel model = LanguageModel.open(base, TinyExport.CPU);
        LoraAdapter adapter = adapter(model)) {
      Path saved = AdapterExport.peft(model, adapter, folder.resolve("peft"), "tiny").folder();
      JsonNode config = JSON.readTree(saved.resolve("adapter_config.json").toFile());
      assertThat(config.get("target_modules"))
          .hasToString(JSON.valueToTree(targets.split(", ")).toString());
      assertThat(config.get("fan_in_fan_out").booleanValue()).isEqualTo(transposed);
      assertThat(Checkpoint.open(saved.resolve("adapter_model.safetensors")).names())
          .contains("base_model.model." + module + ".lora_A.weight");

      Path live =
          ModelExport.of(model, Optional.of(adapter), CARD)
              .huggingFace(folder.resolve("live"))
              .folder();
      Path streamed =
          ModelExport.ofFiles(base, Optional.of(saved), TinyExport.CPU, CARD)
              .huggingFace(folder.resolve("streamed"))
              .folder();
      assertThat(Checkpoint.open(live).names()).isEqualTo(Checkpoint.open(streamed).names());
      for (String name : Checkpoint.open(live).names()) {
        assertThat(Checkpoint.open(live).readFloats(name))
            .as(name)
            .containsExactly(Checkpoint.open(streamed).readFloats(name));
      }
    }
  }

  /** PEFT's adapter in the weights gives what PEFT computes with it beside them. */
  @ParameterizedTest
  @MethodSource("io.affinage.llm.FamilyFixture#all")
  void shouldMergeThePeftAdapterOfEveryFamily(FamilyFixture family) throws IOException {
    Path merged =
        ModelExport.ofFiles(
                withTokenizer(family.name()), Optional.of(family.adapter()), TinyExport.CPU, CARD)
            .huggingFace(folder.resolve("merged"), StorageType.F32, 10_000)
            .folder();
    try (LanguageModel model = LanguageModel.open(merged, TinyExport.CPU);
        Generator generator = new Generator(model.decoder(), model.decoder().withoutAdapter())) {
      JsonNode expected = family.golden().get("adapter").get("last_logits");
      float[] logits = generator.nextLogits(family.ids());
      for (int i = 0; i < logits.length; i++) {
        assertThat(logits[i]).isCloseTo((float) expected.get(i).asDouble(), within(1e-4f));
      }
    }
  }

  /** What transformers wrote comes out as it went in. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "gpt2",
        "gpt-neox",
        "gpt-neox-sequential",
        "smollm3-window",
        "phi3",
        "gemma2",
        "gemma3"
      })
  void shouldWriteTheTensorsThatTransformersWrites(String family) throws IOException {
    Path base = withTokenizer(family);
    Path written =
        ModelExport.ofFiles(base, Optional.empty(), TinyExport.CPU, CARD)
            .huggingFace(folder.resolve("again"))
            .folder();
    Checkpoint before = Checkpoint.open(base);
    Checkpoint after = Checkpoint.open(written);
    assertThat(after.names()).isEqualTo(before.names());
    for (String name : after.names()) {
      assertThat(after.entry(name).shape()).as(name).isEqualTo(before.entry(name).shape());
      assertThat(after.readFloats(name)).as(name).isEqualTo(before.readFloats(name));
    }
  }

  @Test
  void shouldLeaveOutWhatIsNoWeightAndNameTheRest() throws IOException {
    Path written =
        ModelExport.ofFiles(withTokenizer("gpt2-bare"), Optional.empty(), TinyExport.CPU, CARD)
            .huggingFace(folder.resolve("again"))
            .folder();
    assertThat(Checkpoint.open(written).names())
        .contains("transformer.wte.weight", "transformer.h.0.ln_1.bias")
        .doesNotContain("transformer.h.0.attn.bias", "h.0.attn.bias");
  }

  /** What is written is a model of its own, and says what it was part of. */
  @ParameterizedTest
  @ValueSource(strings = {"gemma3-vision", "gemma3-vision-untied"})
  void shouldWriteTheTextModelOfAModelWithImages(String family) throws IOException {
    Path written =
        ModelExport.ofFiles(withTokenizer(family), Optional.empty(), TinyExport.CPU, CARD)
            .huggingFace(folder.resolve("text"))
            .folder();
    JsonNode config = JSON.readTree(written.resolve("config.json").toFile());
    assertThat(config.get("architectures")).hasToString("[\"Gemma3ForCausalLM\"]");
    assertThat(config.get("model_type").textValue()).isEqualTo("gemma3_text");
    assertThat(config.has("vision_config")).isFalse();
    assertThat(Checkpoint.open(written).names())
        .allMatch(name -> name.startsWith("model.") || name.equals("lm_head.weight"))
        .noneMatch(name -> name.contains("language_model") || name.contains("vision"))
        .contains("model.layers.1.self_attn.q_norm.weight", "model.norm.weight");
    assertThat(Files.readString(written.resolve("README.md")))
        .contains("This is the text model of a Gemma3ForConditionalGeneration")
        .contains("vision_tower: 21 tensors");
  }

  private static LoraAdapter adapter(LanguageModel model) {
    Random random = new Random(5);
    return LoraAdapter.of(
        model.decoder(),
        new LoraConfig(3, 6, 0, false, List.of("all-linear")),
        (block, layer, matrix, shape) -> {
          float[] values = new float[(int) shape.size()];
          for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() * 0.2);
          }
          return values;
        });
  }

  /** A fixture's files with a tokenizer of as many words beside them. */
  private Path withTokenizer(String family) throws IOException {
    Path source = FamilyFixture.named(family).folder();
    Path target = Files.createDirectory(folder.resolve(family));
    for (String file : List.of("config.json", "model.safetensors")) {
      Files.copy(source.resolve(file), target.resolve(file));
    }
    ObjectNode tokenizer = JSON.createObjectNode();
    tokenizer.putObject("pre_tokenizer").put("type", "Whitespace");
    ObjectNode model = tokenizer.putObject("model").put("type", "WordLevel").put("unk_token", "w0");
    ObjectNode words = model.putObject("vocab");
    for (int id = 0; id < 40; id++) {
      words.put("w" + id, id);
    }
    JSON.writeValue(target.resolve("tokenizer.json").toFile(), tokenizer);
    return target;
  }
}
