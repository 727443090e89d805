package io.affinage.llm.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.checkpoint.ModelMetadata;
import io.affinage.llm.checkpoint.StorageType;
import io.affinage.llm.error.LlmException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFolderTest {

  @TempDir Path temporary;

  @Test
  void shouldWriteTheConfigurationOfTheseWeights() throws IOException {
    var mapper = new ObjectMapper();
    var base =
        (ObjectNode)
            mapper.readTree(
                "{\"model_type\":\"llama\",\"dtype\":\"float32\",\"quantization_config\":{\"a\":1},\"_name_or_path\":\"/home/x\",\"eos_token_id\":[2,3],\"bos_token_id\":null}");
    Path folder = temporary.resolve("out/model");
    new ModelFolder(folder).writeConfig(new ModelMetadata("base", base), StorageType.BF16);
    assertThat(mapper.readTree(folder.resolve("config.json").toFile()))
        .isEqualTo(
            mapper.readTree(
                "{\"model_type\":\"llama\",\"eos_token_id\":[2,3],\"bos_token_id\":null,\"torch_dtype\":\"bfloat16\"}"));
    JsonNode generation = mapper.readTree(folder.resolve("generation_config.json").toFile());
    assertThat(generation)
        .isEqualTo(mapper.readTree("{\"_from_model_config\":true,\"eos_token_id\":[2,3]}"));
  }

  @Test
  void shouldCopyTheTokenizerAndNothingElse() throws IOException {
    Path base = Files.createDirectory(temporary.resolve("base"));
    for (String name :
        List.of("tokenizer.json", "tokenizer_config.json", "generation_config.json", "notes.txt")) {
      Files.writeString(base.resolve(name), name);
    }
    Path folder = temporary.resolve("model");
    assertThat(new ModelFolder(folder).copyTokenizer(base))
        .extracting(file -> file.getFileName().toString())
        .containsExactly("tokenizer.json", "tokenizer_config.json", "generation_config.json");
    assertThat(folder.resolve("tokenizer.json")).hasContent("tokenizer.json");
    assertThat(folder.resolve("notes.txt")).doesNotExist();
    Throwable failure = catchThrowable(() -> new ModelFolder(folder).copyTokenizer(temporary));
    assertThat(failure)
        .isInstanceOf(LlmException.class)
        .hasMessageContaining("neither tokenizer.json");
  }

  @Test
  void shouldWriteACardThatValuesCannotBreak() throws IOException {
    var card =
        new ModelCard(
            "Support desk",
            "owner/\"name\"\n---\nevil: true",
            Optional.of("apache-2.0"),
            List.of("lora"),
            true,
            List.of(new ModelCard.Fact("dataset", "sha256:12|34\n# Heading")),
            Map.of("exact match", "0.91 [0.88, 0.94]"));
    new ModelFolder(temporary).writeCard(card);
    assertThat(temporary.resolve("README.md"))
        .hasContent(
            """
            ---
            base_model: "owner/\\"name\\" --- evil: true"
            library_name: peft
            license: "apache-2.0"
            pipeline_tag: text-generation
            tags:
            - "lora"
            ---

            # Support desk

            A LoRA adapter for `owner/"name" --- evil: true`.

            ## Results

            | measure | value |
            |---|---|
            | exact match | 0.91 [0.88, 0.94] |

            ## Lineage

            | | |
            |---|---|
            | dataset | sha256:12\\|34 # Heading |
            """);
  }
}
