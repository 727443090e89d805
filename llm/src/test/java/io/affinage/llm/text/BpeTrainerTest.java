package io.affinage.llm.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.llm.error.LlmException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BpeTrainerTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void shouldLearnWhatHuggingFacesTrainerLearns() throws IOException {
    JsonNode small = fixture().get("small");
    List<String> texts = strings(small.get("texts"));
    TokenizerDefinition definition =
        BpeTrainer.train(texts, BpeTrainer.Settings.chatMl(small.get("vocabulary_size").asInt()));
    assertThat(strings(definition.json().get("model").get("merges")))
        .isEqualTo(strings(small.get("merges")));
    try (Tokenizer tokenizer = Tokenizer.of(definition)) {
      for (int i = 0; i < small.get("ids").size(); i++) {
        int[] ids = JSON.convertValue(small.get("ids").get(i), int[].class);
        assertThat(tokenizer.encode(texts.get(i))).isEqualTo(ids);
        assertThat(tokenizer.decode(ids)).isEqualTo(texts.get(i));
      }
    }
  }

  @Test
  void shouldLearnTheSameFromARealCorpus() throws IOException {
    JsonNode corpus = fixture().get("corpus");
    String text = Files.readString(SharedData.path("data/tokenizer-bpe-train/corpus.en"));
    TokenizerDefinition definition =
        BpeTrainer.train(
            List.of(text), BpeTrainer.Settings.chatMl(corpus.get("vocabulary_size").asInt()));
    assertThat(strings(definition.json().get("model").get("merges")))
        .isEqualTo(strings(corpus.get("merges")));
  }

  @Test
  void shouldMakeAFolderThatCanChat(@TempDir Path folder) throws IOException {
    TokenizerDefinition trained =
        BpeTrainer.train(
            List.of("hello world hello<|endoftext|>hello there"), BpeTrainer.Settings.chatMl(300));
    trained.writeTo(folder);
    TokenizerDefinition definition = TokenizerDefinition.fromFolder(folder);
    assertThat(definition).isEqualTo(trained);
    assertThat(definition.specialTokens().stops()).containsExactlyInAnyOrder(0, 2);
    assertThat(definition.specialTokens().stops())
        .doesNotContain(definition.specialTokens().pad().orElseThrow());
    String text =
        ChatTemplate.of(definition)
            .orElseThrow()
            .render(List.of(ChatMessage.of("user", "hello")), ChatTemplate.Options.PROMPT);
    assertThat(text).isEqualTo("<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\n");
    try (Tokenizer tokenizer = Tokenizer.of(definition)) {
      int[] ids = tokenizer.encode(text);
      assertThat(ids).startsWith(1).contains(2).contains(tokenizer.id("hello").getAsInt());
      assertThat(tokenizer.decode(ids)).isEqualTo(text);
      // Nothing was learned across the special token.
      assertThat(tokenizer.id("hello<")).isEmpty();
      assertThat(tokenizer.vocabularySize()).isLessThan(300);
      // Any bytes at all are covered.
      assertThat(tokenizer.decode(tokenizer.encode("ünseen 👩‍🚀 \u0000")))
          .isEqualTo("ünseen 👩‍🚀 \u0000");
    }
  }

  @Test
  void shouldRefuseAVocabularyThatCannotHoldAllBytes() {
    assertThatThrownBy(() -> BpeTrainer.Settings.chatMl(259))
        .isInstanceOfSatisfying(
            LlmException.class, e -> assertThat(e.code()).isEqualTo("vocabulary_too_small"));
  }

  private static JsonNode fixture() throws IOException {
    try (InputStream in = BpeTrainerTest.class.getResourceAsStream("bpe_fixture.json")) {
      return JSON.readTree(in);
    }
  }

  private static List<String> strings(JsonNode list) {
    List<String> strings = new ArrayList<>();
    list.forEach(each -> strings.add(each.asText()));
    return strings;
  }
}
