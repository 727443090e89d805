package io.affinage.llm.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.AdapterFixture;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.adapter.Adapter;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.adapter.ParameterSource;
import io.affinage.llm.adapter.PeftFolder;
import io.affinage.llm.adapter.dora.DoraAdapter;
import io.affinage.llm.adapter.ia3.Ia3Adapter;
import io.affinage.llm.adapter.ia3.Ia3Config;
import io.affinage.llm.adapter.prefix.PrefixAdapter;
import io.affinage.llm.adapter.prefix.PrefixConfig;
import io.affinage.llm.adapter.prefix.PrefixInitialisation;
import io.affinage.llm.adapter.prompt.PromptAdapter;
import io.affinage.llm.adapter.prompt.PromptConfig;
import io.affinage.llm.adapter.prompt.PromptInitialisation;
import io.affinage.llm.checkpoint.PeftConfig;
import io.affinage.llm.generation.Generator;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.DecoderShape;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.tensor.Precision;
import io.affinage.llm.text.BpeTrainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** An adapter as PEFT's users get it: with a base that is found, a tokenizer and a card. */
@Tag("slow")
class PeftExportTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Compute CPU = Compute.of("cpu", "float32");
  private static final ModelCard CARD =
      new ModelCard(
          "tiny:desk:1",
          Optional.of("owner/name"),
          Optional.empty(),
          Optional.empty(),
          Map.of(),
          Map.of(),
          Map.of("parent adapter", "sha256:1"),
          List.of());

  @TempDir Path folder;
  private Path base;
  private Path stored;
  private float[] logits;

  @BeforeEach
  void make() {
    base = folder.resolve("base");
    stored = folder.resolve("stored");
    var definition =
        BpeTrainer.train(List.of("the cat sat on the mat"), BpeTrainer.Settings.chatMl(264));
    int vocabulary = definition.json().path("model").path("vocab").size();
    DecoderShape shape = new DecoderShape(vocabulary, 32, 32, 2, 2, 2, 16, 64, true);
    try (LanguageModel model =
            LanguageModel.initialise(DecoderConfig.llama(shape, 1e-5, 10_000), definition, 3, CPU);
        LoraAdapter adapter = adapter(model);
        Generator generator = new Generator(model.decoder(), adapter)) {
      ModelExport.of(model, Optional.empty(), ModelCard.named("base")).huggingFace(base);
      PeftFolder.save(adapter, stored, "artifact:sha256:0123");
      logits = generator.nextLogits(new int[] {5, 9, 3, 7});
    }
  }

  private static LoraAdapter adapter(LanguageModel model) {
    Random random = new Random(11);
    return LoraAdapter.of(
        model.decoder(),
        new LoraConfig(3, 6, 0, false, List.of("all-linear")),
        (block, layer, matrix, matrixShape) -> {
          float[] values = new float[(int) matrixShape.size()];
          for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() * 0.3);
          }
          return values;
        });
  }

  @Test
  void shouldNameTheBaseAndBringTokenizerAndCard() throws IOException {
    Path target = folder.resolve("export");

    Exported exported = PeftExport.write(base, stored, target, "owner/name@v2", CARD);

    assertThat(exported.files())
        .extracting(ExportedFile::name)
        .containsExactlyInAnyOrder(
            "adapter_config.json",
            "adapter_model.safetensors",
            "tokenizer.json",
            "tokenizer_config.json",
            "generation_config.json",
            "README.md");
    assertThat(exported.notes()).isEmpty();
    PeftConfig config = PeftConfig.read(target);
    assertThat(config.base())
        .isEqualTo(new PeftConfig.Base("owner/name", Optional.of("v2"), "CAUSAL_LM"));
    assertThat(
            PeftConfig.withBase(PeftConfig.json(target), "artifact:sha256:0123", Optional.empty()))
        .isEqualTo(PeftConfig.json(stored));
    String weights = "adapter_model.safetensors";
    assertThat(target.resolve(weights)).hasSameBinaryContentAs(stored.resolve(weights));
    assertThat(target.resolve("tokenizer.json"))
        .hasSameTextualContentAs(base.resolve("tokenizer.json"));
    assertThat(target.resolve("README.md"))
        .content()
        .contains("library_name: peft", "base_model: \"owner/name\"", "| parent adapter |");
  }

  @Test
  void shouldTellWhatIsToBeDoneForABaseThatPeftDoesNotFind() {
    for (String name : List.of("/nowhere/model.gguf", "tiny:desk:0")) {
      Exported exported =
          PeftExport.write(
              base, stored, folder.resolve("to " + name.replace('/', '_')), name, CARD);
      assertThat(exported.notes()).hasSize(1);
      assertThat(exported.folder().resolve("README.md"))
          .content()
          .contains("PeftModel.from_pretrained");
    }
    Exported local = PeftExport.write(base, stored, folder.resolve("local"), base.toString(), CARD);
    assertThat(local.notes()).isEmpty();
    assertThat(PeftConfig.read(local.folder()).base().nameOrPath()).isEqualTo(base.toString());
  }

  static List<AdapterFixture> fixtures() {
    return AdapterFixture.all();
  }

  /** A bottleneck is no method of PEFT's, which the card says. */
  @ParameterizedTest
  @MethodSource("fixtures")
  void shouldGiveEveryMethodsFilesAnotherBase(AdapterFixture fixture) throws IOException {
    Path target = folder.resolve("export of " + fixture);

    Exported exported = PeftExport.write(base, fixture.folder(), target, "owner/name@v2", CARD);

    ObjectNode expected = PeftConfig.json(fixture.folder());
    expected.put("base_model_name_or_path", "owner/name");
    expected.put("revision", "v2");
    assertThat(PeftConfig.json(target)).isEqualTo(expected);
    boolean known = !fixture.method().equals("bottleneck");
    assertThat(exported.notes()).hasSize(known ? 0 : 1);
    assertThat(target.resolve("README.md"))
        .content()
        .contains("library_name: " + (known ? "peft" : "affinage"));
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder =
            DecoderFiles.load(root, fixture.family().checkpoint(), Precision.FLOAT32);
        Adapter adapter = PeftFolder.load(decoder, target)) {
      assertThat(adapter.type()).isEqualTo(fixture.method());
    }
  }

  @Test
  void shouldNameTheBasesTokenizerWhereATextBeganThePrompt() {
    Path prompt = folder.resolve("prompt");
    PromptInitialisation text = PromptInitialisation.Text.of("the cat", new int[] {5, 9});
    try (LanguageModel model = LanguageModel.open(base, CPU);
        Adapter adapter = PromptAdapter.initialise(model.decoder(), new PromptConfig(3, text), 1)) {
      PeftFolder.save(adapter, prompt, "artifact:sha256:0123");
    }
    Path target = folder.resolve("export");

    PeftExport.write(base, prompt, target, "owner/name", CARD);

    assertThat(PeftConfig.json(target).get("tokenizer_name_or_path").asText())
        .isEqualTo("owner/name");
  }

  /** Every method of PEFT's, as this library makes it. */
  private static List<Adapter> adapters(Decoder decoder) {
    LoraConfig layers = new LoraConfig(3, 6, 0, false, List.of("q_proj", "v_proj", "down_proj"));
    PromptInitialisation text = PromptInitialisation.Text.of("the cat", new int[] {5, 9});
    return List.of(
        DoraAdapter.of(decoder, layers, random(1)),
        Ia3Adapter.of(
            decoder,
            new Ia3Config(List.of("k_proj", "v_proj", "down_proj"), List.of("down_proj")),
            random(2)),
        PromptAdapter.initialise(decoder, new PromptConfig(3, text), 3),
        PrefixAdapter.initialise(
            decoder, new PrefixConfig(4), new PrefixInitialisation.Random(), 4));
  }

  private static ParameterSource random(long seed) {
    Random random = new Random(seed);
    return (key, shape) -> {
      float[] values = new float[(int) shape.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (1 + random.nextGaussian() * 0.3);
      }
      return values;
    };
  }

  /** PEFT itself, where Python has it. */
  @Test
  void shouldBeOpenedByPeftsOwnClassWithTheSameLogits() throws Exception {
    String python = System.getProperty("affinage.python", "python3");
    assumeTrue(
        Python.succeeds(folder, python, "-c", "import peft, torch, transformers"),
        () -> "skipped: " + python + " has no peft (set -Daffinage.python to one that has)");
    Path target = folder.resolve("export");
    PeftExport.write(base, stored, target, base.toString(), CARD);
    List<Path> targets = new ArrayList<>(List.of(target));
    List<float[]> expected = new ArrayList<>(List.of(logits));
    try (LanguageModel model = LanguageModel.open(base, CPU)) {
      for (Adapter adapter : adapters(model.decoder())) {
        Path saved = folder.resolve("stored " + adapter.type());
        Path exported = folder.resolve("export " + adapter.type());
        PeftFolder.save(adapter, saved, "artifact:sha256:0123");
        PeftExport.write(base, saved, exported, base.toString(), CARD);
        targets.add(exported);
        try (Generator generator = new Generator(model.decoder(), adapter)) {
          expected.add(generator.nextLogits(new int[] {5, 9, 3, 7}));
        }
        adapter.close();
      }
    }
    Path script = folder.resolve("open.py");
    Files.writeString(
        script,
        """
        import json, sys, torch
        from peft import AutoPeftModelForCausalLM
        from transformers import AutoTokenizer
        answer = []
        for folder in sys.argv[2:]:
            model = AutoPeftModelForCausalLM.from_pretrained(folder).eval()
            tokenizer = AutoTokenizer.from_pretrained(folder)
            with torch.no_grad():
                logits = model(input_ids=torch.tensor([[5, 9, 3, 7]])).logits[0, -1].tolist()
            answer.append(dict(logits=logits, ids=tokenizer("the cat sat")["input_ids"]))
        json.dump(answer, open(sys.argv[1], "w"))
        """);
    Path answer = folder.resolve("answer.json");

    List<String> command = new ArrayList<>(List.of(python, script.toString(), answer.toString()));
    targets.forEach(each -> command.add(each.toString()));
    assertThat(Python.succeeds(folder, command.toArray(String[]::new))).isTrue();

    JsonNode answers = JSON.readTree(answer.toFile());
    for (int t = 0; t < targets.size(); t++) {
      JsonNode found = answers.get(t).path("logits");
      assertThat(found).hasSize(expected.get(t).length);
      for (int i = 0; i < expected.get(t).length; i++) {
        assertThat(found.get(i).floatValue())
            .as(targets.get(t).getFileName().toString())
            .isCloseTo(expected.get(t)[i], within(1e-4f));
      }
    }
    JsonNode json = answers.get(0);
    try (LanguageModel model = LanguageModel.open(base, CPU)) {
      int[] ids = model.tokenizer().encodeWithSpecialTokens("the cat sat");
      assertThat(json.path("ids")).hasSize(ids.length);
      for (int i = 0; i < ids.length; i++) {
        assertThat(json.path("ids").get(i).asInt()).isEqualTo(ids[i]);
      }
    }
  }
}
