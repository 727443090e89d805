package io.affinage.llm.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.adapter.PeftFolder;
import io.affinage.llm.checkpoint.PeftConfig;
import io.affinage.llm.generation.Generator;
import io.affinage.llm.model.config.DecoderConfig;
import io.affinage.llm.model.config.DecoderShape;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.text.BpeTrainer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An adapter as PEFT's users get it: with a base that is found, a tokenizer and a card. */
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
    assertThat(config.withBase(PeftConfig.read(stored).base())).isEqualTo(PeftConfig.read(stored));
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

  /** PEFT itself, where Python has it. */
  @Test
  void shouldBeOpenedByPeftsOwnClassWithTheSameLogits() throws Exception {
    String python = System.getProperty("affinage.python", "python3");
    assumeTrue(
        succeeds(python, "-c", "import peft, torch, transformers"),
        () -> "skipped: " + python + " has no peft (set -Daffinage.python to one that has)");
    Path target = folder.resolve("export");
    PeftExport.write(base, stored, target, base.toString(), CARD);
    Path script = folder.resolve("open.py");
    Files.writeString(
        script,
        """
        import json, sys, torch
        from peft import AutoPeftModelForCausalLM
        from transformers import AutoTokenizer
        model = AutoPeftModelForCausalLM.from_pretrained(sys.argv[1]).eval()
        tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([[5, 9, 3, 7]])).logits[0, -1].tolist()
        json.dump(dict(logits=logits, ids=tokenizer("the cat sat")["input_ids"]), open(sys.argv[2], "w"))
        """);
    Path answer = folder.resolve("answer.json");

    assertThat(succeeds(python, script.toString(), target.toString(), answer.toString())).isTrue();

    JsonNode json = JSON.readTree(answer.toFile());
    assertThat(json.path("logits")).hasSize(logits.length);
    for (int i = 0; i < logits.length; i++) {
      assertThat(json.path("logits").get(i).floatValue()).isCloseTo(logits[i], within(1e-4f));
    }
    try (LanguageModel model = LanguageModel.open(base, CPU)) {
      int[] ids = model.tokenizer().encodeWithSpecialTokens("the cat sat");
      assertThat(json.path("ids")).hasSize(ids.length);
      for (int i = 0; i < ids.length; i++) {
        assertThat(json.path("ids").get(i).asInt()).isEqualTo(ids[i]);
      }
    }
  }

  private boolean succeeds(String... command) throws IOException, InterruptedException {
    Path output = folder.resolve("python.txt");
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("HF_HUB_OFFLINE", "1");
    builder.redirectOutput(output.toFile());
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      return false; // no such program
    }
    try {
      boolean ended = process.waitFor(4, TimeUnit.MINUTES);
      if (ended && process.exitValue() != 0 && !command[1].equals("-c")) {
        throw new AssertionError(Files.readString(output, StandardCharsets.UTF_8));
      }
      return ended && process.exitValue() == 0;
    } finally {
      process.destroyForcibly();
    }
  }
}
