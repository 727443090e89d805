package io.affinage.llm.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.NullNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which tokens end a generation, by the files that say so. */
class GenerationIdsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  /** The fixture is what transformers takes (src/test/python/generation_ids_fixture.py). */
  @Test
  void shouldEndWhereTransformersDoes() throws IOException {
    JsonNode cases = JSON.readTree(getClass().getResourceAsStream("generation_ids.json"));
    assertThat(cases).hasSizeGreaterThan(8);
    for (JsonNode each : cases) {
      Set<Integer> expected = new LinkedHashSet<>();
      each.path("stops").forEach(id -> expected.add(id.asInt()));
      assertThat(stops(each.path("generation_config"), each.path("config")))
          .as(each.toString())
          .isEqualTo(expected);
    }
  }

  @Test
  void shouldReadTheTextModelsOfAModelWithImages() throws IOException {
    JsonNode config = JSON.readTree("{\"text_config\": {\"eos_token_id\": [1, 7]}}");
    assertThat(stops(NullNode.getInstance(), config)).containsExactly(1, 7);
  }

  @Test
  void shouldRefuseWhatIsNoId() {
    for (String eos : new String[] {"\"</s>\"", "[2, \"</s>\"]", "-1", "2.5", "[true]"}) {
      assertThatThrownBy(
              () ->
                  stops(
                      NullNode.getInstance(),
                      JSON.readTree("{\"eos_token_id\": %s}".formatted(eos))))
          .hasMessageContaining("eos_token_id is");
    }
  }

  private Set<Integer> stops(JsonNode generation, JsonNode config) throws IOException {
    Files.writeString(
        folder.resolve("tokenizer.json"),
        "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": []}}");
    JSON.writeValue(folder.resolve("config.json").toFile(), config);
    Path file = folder.resolve("generation_config.json");
    Files.deleteIfExists(file);
    if (!generation.isNull()) {
      JSON.writeValue(file.toFile(), generation);
    }
    return TokenizerDefinition.fromFolder(folder).specialTokens().stops();
  }
}
