package io.affinage.llm.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.FamilyFixture;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.adapter.LoraAdapter;
import io.affinage.llm.adapter.LoraConfig;
import io.affinage.llm.adapter.ScoredAdapter;
import io.affinage.llm.checkpoint.Checkpoint;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.ScalarHead;
import io.affinage.llm.reward.Rendering;
import io.affinage.llm.reward.RewardModel;
import io.affinage.llm.text.TokenizerDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reward models as transformers and PEFT read them, with the same scores. */
@Tag("slow")
class RewardExportTest {
  private static final List<String> FAMILIES =
      List.of("llama3-rope", "qwen2", "gpt2", "gemma2", "gemma3", "phi3", "gpt-neox", "smollm3");
  private static final int EOS = 2;
  private static final int PAD = 38;
  private static final int[][] TEXTS = {
    {5, 6, 7, 8, EOS}, {11, EOS}, {5, 6, 7, 8, 9, 10, 11, 12, EOS}, {3, EOS, 4, 5, EOS}, {9}
  };
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private static Path folder;
  private static final List<Written> WRITTEN = new ArrayList<>();

  @BeforeAll
  static void write() throws IOException {
    for (String family : FAMILIES) {
      WRITTEN.addAll(written(family));
    }
  }

  @AfterAll
  static void forget() {
    WRITTEN.clear();
  }

  /** A folder and what its texts get here. */
  private record Written(String family, Path folder, float[] scores) {}

  @Test
  void shouldBeReadBackWithTheSameScores() throws IOException {
    for (Written written : WRITTEN) {
      if (RewardModel.isAdapter(written.folder())) {
        try (LanguageModel base =
                LanguageModel.open(folder.resolve(written.family()), TinyExport.CPU);
            RewardModel read = RewardModel.open(base, written.folder())) {
          requireSame(written, read);
        }
      } else {
        assertThat(RewardModel.isWhole(written.folder())).as(written.family()).isTrue();
        try (RewardModel read = RewardModel.open(written.folder(), TinyExport.CPU)) {
          requireSame(written, read);
        }
      }
    }
    Path whole = folder.resolve("qwen2 whole");
    assertThatThrownBy(() -> LanguageModel.open(whole, TinyExport.CPU))
        .isInstanceOfSatisfying(
            LlmException.class, e -> assertThat(e.code()).isEqualTo("model_is_reward_model"));
    assertThat(Checkpoint.open(whole).names())
        .contains("score.weight")
        .doesNotContain("lm_head.weight");
    assertThatThrownBy(() -> RewardModel.open(folder.resolve("qwen2"), TinyExport.CPU))
        .isInstanceOfSatisfying(
            LlmException.class, e -> assertThat(e.code()).isEqualTo("model_is_no_reward_model"));
  }

  private static void requireSame(Written written, RewardModel read) {
    assertThat(read.rendering())
        .isEqualTo(new Rendering(Rendering.Form.COMPLETION, OptionalInt.of(PAD)));
    assertThat(read.scores(texts())).containsExactly(written.scores(), within(1e-6f));
    assertThat(TokenizerDefinition.fromFolder(written.folder()).specialTokens().pad())
        .hasValue(PAD);
  }

  @Test
  void shouldMergeAnAdapterIntoItsBaseAndRefuseGguf() throws IOException {
    Written beside =
        WRITTEN.stream().filter(each -> each.family().equals("qwen2")).findFirst().orElseThrow();
    Path target = folder.resolve("merged");

    request(beside.folder(), target, "hf", "f32").run();

    try (RewardModel merged = RewardModel.open(target, TinyExport.CPU)) {
      assertThat(merged.scores(texts())).containsExactly(beside.scores(), within(1e-4f));
    }
    request(beside.folder(), folder.resolve("peft"), "peft", null).run();
    assertThat(folder.resolve("peft").resolve(Rendering.FILE)).exists();
    assertThat(TokenizerDefinition.fromFolder(folder.resolve("peft")).specialTokens().pad())
        .hasValue(PAD);
    for (String format : List.of("gguf", "gguf-adapter")) {
      assertThatThrownBy(() -> request(beside.folder(), folder.resolve("no"), format, null).run())
          .isInstanceOfSatisfying(
              LlmException.class, e -> assertThat(e.code()).isEqualTo("model_is_reward_model"));
    }
  }

  private ExportRequest request(Path adapter, Path target, String format, String type) {
    return new ExportRequest(
        folder.resolve("qwen2").toString(),
        adapter.toString(),
        target.toString(),
        format,
        type,
        null,
        "cpu",
        "tiny",
        "owner/tiny",
        null,
        null,
        null,
        null,
        null,
        null);
  }

  /** Unequal batches that end in the end-of-text token, padded on either side. */
  @Test
  void shouldGetTheSameScoresFromTransformersAndPeft() throws Exception {
    String python = System.getProperty("affinage.python", "python3");
    assumeTrue(
        Python.succeeds(folder, python, "-c", "import peft, torch, transformers"),
        () -> "skipped: " + python + " has no peft (set -Daffinage.python to one that has)");
    for (Written each : WRITTEN) {
      ObjectNode probe = JSON.createObjectNode();
      ArrayNode texts = probe.putArray("texts");
      for (int[] ids : TEXTS) {
        texts.add(JSON.valueToTree(ids));
      }
      probe.put(
          "base",
          RewardModel.isAdapter(each.folder()) ? folder.resolve(each.family()).toString() : null);
      probe.put("left", !each.family().equals("gpt2"));
      JSON.writeValue(each.folder().resolve("probe.json").toFile(), probe);
    }
    Path answer = folder.resolve("answer.json");
    List<String> command =
        new ArrayList<>(
            List.of(python, "src/test/python/reward_model_check.py", answer.toString()));
    WRITTEN.forEach(each -> command.add(each.folder().toString()));

    assertThat(Python.succeeds(folder, command.toArray(String[]::new))).isTrue();

    JsonNode answers = JSON.readTree(answer.toFile());
    for (int i = 0; i < WRITTEN.size(); i++) {
      JsonNode found = answers.get(i);
      String name = WRITTEN.get(i).folder().getFileName() + " " + found.path("kind").asText();
      for (String way : List.of("alone", "right", "left")) {
        if (!found.has(way)) {
          continue;
        }
        for (int t = 0; t < TEXTS.length; t++) {
          assertThat(found.path(way).get(t).floatValue())
              .as("%s, %s, text %d", name, way, t)
              .isCloseTo(WRITTEN.get(i).scores()[t], within(1e-4f));
        }
      }
    }
  }

  private static List<TokenizedExample> texts() {
    List<TokenizedExample> texts = new ArrayList<>();
    for (int[] ids : TEXTS) {
      texts.add(new TokenizedExample("t" + texts.size(), ids, new int[0]));
    }
    return texts;
  }

  /** A family's model with an adapter and a head, and with a head alone. */
  private static List<Written> written(String family) throws IOException {
    Path source = withTokenizer(family);
    Rendering rendering = new Rendering(Rendering.Form.COMPLETION, OptionalInt.of(PAD));
    try (LanguageModel model = LanguageModel.open(source, TinyExport.CPU);
        LoraAdapter adapter = adapter(model);
        ScalarHead head =
            ScalarHead.of(
                model.decoder(),
                random(new Random(9), model.decoder().shape().hiddenSize()),
                rendering.padding())) {
      Path beside =
          RewardExport.adapter(
                  model,
                  new ScoredAdapter(adapter, head),
                  rendering,
                  folder.resolve(family + " adapter"),
                  source.toString())
              .folder();
      Path whole =
          RewardExport.whole(
                  model,
                  head,
                  rendering,
                  folder.resolve(family + " whole"),
                  ModelCard.named("tiny"))
              .folder();
      return List.of(
          new Written(family, beside, head.scores(model.decoder(), adapter, texts())),
          new Written(
              family,
              whole,
              head.scores(model.decoder(), model.decoder().withoutAdapter(), texts())));
    }
  }

  private static LoraAdapter adapter(LanguageModel model) {
    Random random = new Random(5);
    return LoraAdapter.of(
        model.decoder(),
        new LoraConfig(3, 6, 0, false, List.of("all-linear")),
        (block, layer, matrix, shape) -> random(random, (int) shape.size()));
  }

  private static float[] random(Random random, int size) {
    float[] values = new float[size];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * 0.2);
    }
    return values;
  }

  /** A family's checkpoint with a tokenizer of 40 words, of which some are special. */
  private static Path withTokenizer(String family) throws IOException {
    Path source = FamilyFixture.named(family).folder();
    Path target = Files.createDirectory(folder.resolve(family));
    for (String file : List.of("config.json", "model.safetensors")) {
      Files.copy(source.resolve(file), target.resolve(file));
    }
    ObjectNode tokenizer = JSON.createObjectNode().put("version", "1.0");
    ArrayNode added = tokenizer.putArray("added_tokens");
    for (int id : new int[] {0, EOS, PAD}) {
      added
          .addObject()
          .put("id", id)
          .put("content", "w" + id)
          .put("single_word", false)
          .put("lstrip", false)
          .put("rstrip", false)
          .put("normalized", false)
          .put("special", true);
    }
    tokenizer.putObject("pre_tokenizer").put("type", "Whitespace");
    ObjectNode model = tokenizer.putObject("model").put("type", "WordLevel").put("unk_token", "w0");
    ObjectNode words = model.putObject("vocab");
    for (int id = 0; id < 40; id++) {
      words.put("w" + id, id);
    }
    JSON.writeValue(target.resolve("tokenizer.json").toFile(), tokenizer);
    JSON.writeValue(
        target.resolve("tokenizer_config.json").toFile(),
        JSON.createObjectNode()
            .put("tokenizer_class", "PreTrainedTokenizerFast")
            .put("eos_token", "w" + EOS)
            .put("pad_token", "w" + EOS)
            .put("unk_token", "w0"));
    return target;
  }
}
