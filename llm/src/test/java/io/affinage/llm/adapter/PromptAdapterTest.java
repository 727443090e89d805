package io.affinage.llm.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.AdapterFixture;
import io.affinage.llm.FamilyFixture;
import io.affinage.llm.adapter.prompt.PromptAdapter;
import io.affinage.llm.adapter.prompt.PromptConfig;
import io.affinage.llm.adapter.prompt.PromptInitialisation;
import io.affinage.llm.checkpoint.PeftConfig;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.model.Decoder;
import io.affinage.llm.model.DecoderFiles;
import io.affinage.llm.tensor.Precision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PromptAdapterTest {
  /** Its embeddings are scaled by 4 when they are looked up. */
  private static final FamilyFixture SCALED = FamilyFixture.named("gemma2-uncapped");

  @TempDir private Path folder;

  @Test
  void shouldBeginWithTheEmbeddingsOfATextRepeated() {
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder = DecoderFiles.load(root, SCALED.checkpoint(), Precision.FLOAT32)) {
      int hidden = decoder.shape().hiddenSize();
      PromptInitialisation text = PromptInitialisation.Text.of("some words", new int[] {7, 3});
      float[] rows = rows(decoder, new PromptConfig(3, text), 1);

      assertThat(Arrays.copyOfRange(rows, 2 * hidden, 3 * hidden))
          .isEqualTo(Arrays.copyOf(rows, hidden));
      float[] stored = SCALED.checkpoint().readFloats("model.embed_tokens.weight");
      for (int i = 0; i < hidden; i++) {
        assertThat(rows[i]).isCloseTo(4 * stored[7 * hidden + i], within(1e-6f));
        assertThat(rows[hidden + i]).isCloseTo(4 * stored[3 * hidden + i], within(1e-6f));
      }
      assertThat(rows(decoder, new PromptConfig(1, text), 1))
          .isEqualTo(Arrays.copyOf(rows, hidden));
    }
  }

  @Test
  void shouldBeginWithWordsOfTheVocabularyOrAtRandomByTheSeed() {
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder = DecoderFiles.load(root, SCALED.checkpoint(), Precision.FLOAT32)) {
      PromptConfig words = new PromptConfig(5, new PromptInitialisation.SampledVocabulary());
      assertThat(rows(decoder, words, 1)).isEqualTo(rows(decoder, words, 1));
      assertThat(rows(decoder, words, 1)).isNotEqualTo(rows(decoder, words, 2));
      float[] stored = SCALED.checkpoint().readFloats("model.embed_tokens.weight");
      float first = rows(decoder, words, 1)[0];
      int hidden = decoder.shape().hiddenSize();
      assertThat(stored.length / hidden).isPositive();
      boolean found = false;
      for (int row = 0; row < stored.length / hidden; row++) {
        found |= Math.abs(4 * stored[row * hidden] - first) < 1e-6;
      }
      assertThat(found).isTrue();

      PromptConfig random = new PromptConfig(40, new PromptInitialisation.Random());
      float[] rows = rows(decoder, random, 1);
      double squares = 0;
      for (float value : rows) {
        squares += value * value;
      }
      assertThat(squares / rows.length).isCloseTo(1, within(0.2));
    }
  }

  private static float[] rows(Decoder decoder, PromptConfig config, long seed) {
    try (Adapter adapter = PromptAdapter.initialise(decoder, config, seed)) {
      return adapter.parameters().get(0).array().toFloatArray();
    }
  }

  @Test
  void shouldNameATextAndItsTokenizerInFiles() throws IOException {
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder = DecoderFiles.load(root, SCALED.checkpoint(), Precision.FLOAT32)) {
      PromptInitialisation text = PromptInitialisation.Text.of("some words", new int[] {7, 3});
      try (Adapter adapter = PromptAdapter.initialise(decoder, new PromptConfig(3, text), 1)) {
        PeftFolder.save(adapter, folder, "the/base");
      }
      JsonNode json = new ObjectMapper().readTree(folder.resolve(PeftConfig.FILE).toFile());
      assertThat(json.get("prompt_tuning_init").asText()).isEqualTo("TEXT");
      assertThat(json.get("prompt_tuning_init_text").asText()).isEqualTo("some words");
      assertThat(json.get("tokenizer_name_or_path").asText()).isEqualTo("the/base");
      try (Adapter again = PeftFolder.load(decoder, folder)) {
        assertThat(again.peftConfig("the/base")).isEqualTo(PeftConfig.json(folder));
      }
    }
  }

  @Test
  void shouldRefuseATextWithoutTokens() {
    assertThatThrownBy(() -> PromptInitialisation.Text.of("", new int[0]))
        .isInstanceOfSatisfying(
            LlmException.class, e -> assertThat(e.code()).isEqualTo("invalid_adapter"));
  }

  @ParameterizedTest
  @CsvSource({
    "num_virtual_tokens, 4, adapter_invalid",
    "num_virtual_tokens, 0, adapter_config_invalid",
    "num_transformer_submodules, 2, adapter_config_unsupported",
    "prompt_tuning_init, '\"CPT\"', adapter_config_unsupported",
    "num_tasks, 3, adapter_config_unsupported"
  })
  void shouldRefuseWhatItDoesNotCompute(String field, String value, String code)
      throws IOException {
    Path written =
        AdapterFixture.all().stream()
            .filter(each -> each.method().equals("prompt_tuning"))
            .filter(each -> each.family().name().equals(SCALED.name()))
            .findFirst()
            .orElseThrow()
            .folder();
    ObjectNode json = PeftConfig.json(written);
    json.set(field, new ObjectMapper().readTree(value));
    PeftConfig.write(folder, json);
    PeftFolder.copyWeights(written, folder);
    try (NDManager root = NDManager.newBaseManager("PyTorch");
        Decoder decoder = DecoderFiles.load(root, SCALED.checkpoint(), Precision.FLOAT32)) {
      assertThatThrownBy(() -> PeftFolder.load(decoder, folder))
          .isInstanceOfSatisfying(LlmException.class, e -> assertThat(e.code()).isEqualTo(code));
    }
  }
}
