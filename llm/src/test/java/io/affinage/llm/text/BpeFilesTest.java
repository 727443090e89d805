package io.affinage.llm.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.error.LlmException;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Folders with vocab.json and merges.txt against what transformers makes of them (see
 * src/test/python/bpe_files_fixture.py).
 */
class BpeFilesTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "gpt2-spaced", "qwen2", "gpt-neox"})
  void shouldGiveTheIdsOfTransformers(String name) throws IOException {
    TokenizerDefinition definition = TokenizerDefinition.fromFolder(resource(name));
    assertGolden(definition, name);

    definition.writeTo(folder);
    assertThat(folder.resolve("tokenizer.json")).exists();
    TokenizerDefinition written = TokenizerDefinition.fromFolder(folder);
    assertGolden(written, name);
    assertThat(written.specialTokens()).isEqualTo(definition.specialTokens());
    assertThat(written.chatTemplates()).isEqualTo(definition.chatTemplates());
  }

  /** The same vocabulary in both forms. */
  @Test
  void shouldGiveTheIdsOfGpt2sTokenizerJson() throws IOException {
    Path real = SharedData.path("data/tokenizer-gpt2");
    for (String file : List.of("vocab.json", "merges.txt")) {
      Files.copy(real.resolve(file), folder.resolve(file));
    }
    Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"gpt2\"}");
    try (Tokenizer expected = Tokenizer.of(TokenizerDefinition.fromFolder(real));
        Tokenizer found = Tokenizer.of(TokenizerDefinition.fromFolder(folder))) {
      for (JsonNode each : golden("gpt2").get("texts")) {
        String text = each.get("text").asText();
        assertThat(found.encode(text)).as(text).isEqualTo(expected.encode(text));
      }
      assertThat(found.specialTokens().eos()).hasValue(50256);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "qwen2"})
  void shouldWriteThemAsGguf(String name) throws IOException {
    TokenizerDefinition definition = TokenizerDefinition.fromFolder(resource(name));
    assertGolden(TokenizerDefinition.fromGguf(definition.toGguf()), name);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'tokenizer_class':'BloomTokenizer'}|unsupported_tokenizer|this one is 'BloomTokenizer'",
        "{}|unsupported_tokenizer|read for tokenizer_class GPT2Tokenizer, GPTNeoXTokenizer, Qwen2Tokenizer",
        "{'tokenizer_class':'GPT2Tokenizer','pad_token':'<pad>'}|tokenizer_invalid|'<pad>' is a special token",
        "{'tokenizer_class':'GPT2TokenizerFast','added_tokens_decoder':{'x':{'content':'a'}}}|tokenizer_invalid|has the id 'x'",
        "{'tokenizer_class':'GPT2Tokenizer','added_tokens_decoder':{'500':{'content':'a'},'0500':{'content':'b'}}}|tokenizer_invalid|both 'a' and 'b' have id 500"
      })
  void shouldRefuseByName(String config, String code, String message) throws IOException {
    copy("gpt2", List.of("vocab.json", "merges.txt"));
    Files.writeString(folder.resolve("tokenizer_config.json"), config.replace('\'', '"'));
    assertRefused(code, message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "one two three|line 3 of merges.txt is not two tokens",
        "alone|line 3 of merges.txt is not two tokens",
        "Q Q|line 3 of merges.txt needs token 'QQ'"
      })
  void shouldRefuseMergesThatAreNone(String line, String message) throws IOException {
    copy("gpt2", List.of("vocab.json", "config.json"));
    Files.writeString(folder.resolve("merges.txt"), "#version: 0.2\n\n" + line + "\n");
    assertRefused("tokenizer_invalid", message);
  }

  @Test
  void shouldRefuseIdsThatAreNone() throws IOException {
    copy("gpt2", List.of("merges.txt", "config.json"));
    ObjectNode vocabulary =
        (ObjectNode) JSON.readTree(resource("gpt2").resolve("vocab.json").toFile());
    JSON.writeValue(folder.resolve("vocab.json").toFile(), vocabulary.put("the", -1));
    assertRefused("tokenizer_invalid", "the id of token 'the' is -1");
  }

  private void assertRefused(String code, String message) {
    assertThatExceptionOfType(LlmException.class)
        .isThrownBy(() -> TokenizerDefinition.fromFolder(folder))
        .withMessageContaining(message)
        .satisfies(e -> assertThat(e.code()).isEqualTo(code));
  }

  private void copy(String name, List<String> files) throws IOException {
    for (String file : files) {
      Files.copy(resource(name).resolve(file), folder.resolve(file));
    }
  }

  private static void assertGolden(TokenizerDefinition definition, String name) throws IOException {
    JsonNode golden = golden(name);
    try (Tokenizer tokenizer = Tokenizer.of(definition)) {
      for (JsonNode each : golden.get("texts")) {
        String text = each.get("text").asText();
        int[] ids = ints(each.get("ids"));
        assertThat(tokenizer.encode(text)).as(text).isEqualTo(ids);
        assertThat(tokenizer.encodeWithSpecialTokens(text))
            .as(text)
            .isEqualTo(ints(each.get("with_special")));
        assertThat(tokenizer.decode(ids)).isEqualTo(each.get("decoded").asText());
      }
      assertThat(Stream.of(golden.get("bos"), golden.get("eos")).map(JsonNode::asInt))
          .containsExactly(
              tokenizer.specialTokens().bos().orElse(0), tokenizer.specialTokens().eos().orElse(0));
    }
  }

  private static int[] ints(JsonNode ids) {
    return JSON.convertValue(ids, int[].class);
  }

  private static JsonNode golden(String name) throws IOException {
    return JSON.readTree(resource(name).resolve("golden.json").toFile());
  }

  private static Path resource(String name) {
    try {
      return Path.of(BpeFilesTest.class.getResource("/bpe-files/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
