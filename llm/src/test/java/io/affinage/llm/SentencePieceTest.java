package io.affinage.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.llm.checkpoint.GgufFile;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.text.GgufVocabulary;
import io.affinage.llm.text.IncrementalDecoder;
import io.affinage.llm.text.Tokenizer;
import io.affinage.llm.text.TokenizerDefinition;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Small SentencePiece models, from GGUF and from tokenizer.model, against llama.cpp and
 * sentencepiece (see src/test/python/sentencepiece_fixture.py).
 */
class SentencePieceTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"llama", "gemma"})
  void shouldGiveLlamaCppsIdsFromGguf(String name) throws IOException {
    TokenizerDefinition definition = fromGguf(name);
    assertGolden(definition, name);
    assertThat(definition.specialTokens().bos()).hasValue(1);
    assertThat(definition.specialTokens().eos()).hasValue(2);
    assertThat(definition.specialTokens().unk()).hasValue(0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "gemma"})
  void shouldGiveTheSameFromTheModelItself(String name) throws IOException {
    TokenizerDefinition definition = TokenizerDefinition.fromFolder(resource(name));
    assertGolden(definition, name);
    assertThat(definition.json()).isEqualTo(fromGguf(name).json());
    assertThat(definition.specialTokens()).isEqualTo(fromGguf(name).specialTokens());
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "gemma"})
  void shouldWriteVocabulariesThatReadBackTheSame(String name) throws IOException {
    TokenizerDefinition definition = fromGguf(name);
    GgufVocabulary written = definition.toGguf();
    assertThat(written.model()).isEqualTo("llama");
    assertThat(written.addSpacePrefix()).contains(name.equals("llama"));
    assertThat(written.tokenTypes()).isEqualTo(vocabulary(name).tokenTypes());
    assertGolden(TokenizerDefinition.fromGguf(written), name);

    definition.writeTo(folder);
    assertGolden(TokenizerDefinition.fromFolder(folder), name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "gemma"})
  void shouldDecodeWhatItEncodedAlsoAsAStream(String name) throws IOException {
    try (Tokenizer tokenizer = Tokenizer.of(fromGguf(name))) {
      for (JsonNode each : golden(name)) {
        String text = each.get("text").asText();
        int[] ids = tokenizer.encode(text);
        boolean special = text.contains("<") && !text.contains("0x0A");
        if (!special && !text.contains("▁")) {
          assertThat(tokenizer.decode(ids)).isEqualTo(text);
        }
        IncrementalDecoder decoder = tokenizer.decoder(false);
        StringBuilder all = new StringBuilder();
        for (int id : ids) {
          all.append(decoder.add(id));
        }
        assertThat(all.append(decoder.finish())).hasToString(tokenizer.decode(ids));
      }
    }
  }

  @Test
  void shouldRefuseAModelThatIsCutOff() throws IOException {
    byte[] model = Files.readAllBytes(resource("llama").resolve("tokenizer.model"));
    Path file = folder.resolve("tokenizer.model");
    for (int length : new int[] {0, 1, 100, model.length - 1}) {
      Files.write(file, Arrays.copyOf(model, length));
      assertThatThrownBy(() -> TokenizerDefinition.fromFolder(folder))
          .isInstanceOfSatisfying(
              LlmException.class, e -> assertThat(e.code()).isEqualTo("tokenizer_invalid"));
    }
  }

  @Test
  void shouldRefuseScoresThatOrderNothing() throws IOException {
    GgufVocabulary sound = vocabulary("llama");
    GgufVocabulary flat =
        new GgufVocabulary(
            sound.model(),
            sound.pre(),
            sound.tokens(),
            sound.tokenTypes(),
            sound.merges(),
            java.util.Collections.nCopies(sound.tokens().size(), -1000f),
            sound.bos(),
            sound.eos(),
            Set.of(),
            sound.unk(),
            sound.pad(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());
    assertThatThrownBy(() -> TokenizerDefinition.fromGguf(flat))
        .isInstanceOf(LlmException.class)
        .hasMessageContaining("the same score");
  }

  private static void assertGolden(TokenizerDefinition definition, String name) throws IOException {
    JsonNode golden = golden(name);
    assertThat(golden).hasSizeGreaterThan(25);
    try (Tokenizer tokenizer = Tokenizer.of(definition)) {
      for (JsonNode each : golden) {
        int[] expected = JSON.convertValue(each.get("ids"), int[].class);
        assertThat(tokenizer.encode(each.get("text").asText()))
            .as(each.get("text").toString())
            .isEqualTo(expected);
      }
      assertThat(tokenizer.encodeWithSpecialTokens("a")).startsWith(1);
    }
  }

  private static JsonNode golden(String name) throws IOException {
    return JSON.readTree(resource(name).resolve("golden.json").toFile());
  }

  private static GgufVocabulary vocabulary(String name) {
    return GgufVocabularies.of(
        GgufFile.open(resource(name).resolve("vocabulary.gguf")).tokenizer().orElseThrow());
  }

  private static TokenizerDefinition fromGguf(String name) {
    return TokenizerDefinition.fromGguf(vocabulary(name));
  }

  private static Path resource(String name) {
    try {
      return Path.of(SentencePieceTest.class.getResource("/sentencepiece/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
