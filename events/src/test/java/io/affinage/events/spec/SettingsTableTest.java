package io.affinage.events.spec;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.events.TrainingSpec;
import io.affinage.events.TrainingSpec.Adapter;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;

/**
 * Holds {@code docs/training-settings.md} to the code: names from the event record, defaults from
 * the resolver. With {@code -Daffinage.regenerate=true} the table is written anew; what a setting
 * means stands in the test resource {@code training-settings.properties}.
 */
class SettingsTableTest {
  private static final Path TABLE = Path.of("..", "docs", "training-settings.md");
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void shouldCommitWhatTheCodeDoes() throws Exception {
    String generated = table();
    if (Boolean.getBoolean("affinage.regenerate")) {
      Files.createDirectories(TABLE.getParent());
      Files.writeString(TABLE, generated);
    }
    assertThat(Files.readString(TABLE))
        .as("docs/training-settings.md; see this class for how to regenerate it")
        .isEqualTo(generated);
  }

  private static String table() throws Exception {
    Properties meanings = new Properties();
    try (var in = SettingsTableTest.class.getResourceAsStream("/training-settings.properties")) {
      meanings.load(in);
    }
    JsonNode lora = resolved(null, false);
    JsonNode weights =
        resolved(
            new TrainingSpec(
                null,
                new Adapter("none", null, null, null, null, null),
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null),
            false);
    JsonNode pretrain =
        resolved(
            new TrainingSpec(
                "pretrain",
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null),
            true);
    StringBuilder text =
        new StringBuilder(
            """
            # Settings of a training

            Names as recipes write them; requests over REST and Kafka use the same names in camelCase. A dash: does not apply or has
            no value unless given. Generated from the code by `SettingsTableTest`.

            | setting | LoRA | weights of the model | from scratch | meaning |
            |---|---|---|---|---|
            """);
    for (Map.Entry<String, Class<?>> setting : settings("", TrainingSpec.class).entrySet()) {
      String path = setting.getKey();
      String meaning = meanings.getProperty(path);
      assertThat(meaning).as("training-settings.properties tells what %s means", path).isNotBlank();
      text.append(
          "| `%s` | %s | %s | %s | %s |\n"
              .formatted(
                  SettingNames.inRecipe(path),
                  at(lora, path),
                  at(weights, path),
                  at(pretrain, path),
                  meaning));
    }
    assertThat(meanings.stringPropertyNames())
        .as("settings that are described")
        .isSubsetOf(settings("", TrainingSpec.class).keySet());
    return text.toString();
  }

  private static JsonNode resolved(TrainingSpec given, boolean scratch) throws Exception {
    return JSON.valueToTree(SpecResolver.resolve(given, scratch));
  }

  private static Map<String, Class<?>> settings(String prefix, Class<?> type) {
    Map<String, Class<?>> found = new LinkedHashMap<>();
    for (RecordComponent component : type.getRecordComponents()) {
      String path = prefix + component.getName();
      if (component.getType().isRecord()) {
        found.putAll(settings(path + ".", component.getType()));
      } else {
        found.put(path, component.getType());
      }
    }
    return found;
  }

  private static String at(JsonNode spec, String path) throws IOException {
    JsonNode value = spec.at("/" + path.replace('.', '/'));
    if (value.isMissingNode() || value.isNull()) {
      return "-";
    }
    return value.isTextual() ? value.asText() : JSON.writeValueAsString(value);
  }
}
