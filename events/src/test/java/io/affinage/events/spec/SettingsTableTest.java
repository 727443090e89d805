package io.affinage.events.spec;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.events.TrainingSpec;
import io.affinage.events.adapter.NoAdapter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Holds {@code docs/training-settings.md} to the code: names and meanings from the event record,
 * defaults from the resolver. With {@code -Daffinage.regenerate=true} the table is written anew.
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
    JsonNode lora = resolved(null, false);
    JsonNode weights =
        resolved(
            Settings.build(TrainingSpec.class).with("adapter", new NoAdapter()).record(), false);
    JsonNode pretrain =
        resolved(Settings.build(TrainingSpec.class).with("method", "pretrain").record(), true);
    StringBuilder text =
        new StringBuilder(
            """
            # Settings of a training

            Names as recipes write them; requests over REST and Kafka use the same names in camelCase. A dash: does not apply or has
            no value unless given. Generated from the code by `SettingsTableTest`.

            | setting | LoRA | weights of the model | from scratch | meaning |
            |---|---|---|---|---|
            """);
    rows("", TrainingSpec.class, lora, weights, pretrain, text);
    return text.toString();
  }

  private static void rows(
      String prefix,
      Class<? extends Record> type,
      JsonNode lora,
      JsonNode weights,
      JsonNode pretrain,
      StringBuilder text)
      throws IOException {
    for (SettingRule rule : Settings.of(type)) {
      String path = prefix + rule.name();
      if (Choices.isChoice(rule.type())) {
        choice(path, rule.type(), lora, weights, pretrain, text);
      } else if (rule.isGroup()) {
        rows(path + ".", rule.type().asSubclass(Record.class), lora, weights, pretrain, text);
      } else {
        text.append(
            "| `%s` | %s | %s | %s | %s |\n"
                .formatted(
                    SettingNames.inRecipe(path),
                    at(lora, path),
                    at(weights, path),
                    at(pretrain, path),
                    rule.meaning()));
      }
    }
  }

  /** The type, then the settings of each; types with one setting in common share its row. */
  private static void choice(
      String path,
      Class<?> choice,
      JsonNode lora,
      JsonNode weights,
      JsonNode pretrain,
      StringBuilder text)
      throws IOException {
    String tag = path + "." + Choices.tag(choice);
    text.append(
        "| `%s` | %s | %s | %s | one of %s |\n"
            .formatted(
                SettingNames.inRecipe(tag),
                at(lora, tag),
                at(weights, tag),
                at(pretrain, tag),
                Choices.names(choice).stream()
                    .map(name -> "`" + name + "`")
                    .collect(Collectors.joining(", "))));
    Map<String, List<String>> types = new LinkedHashMap<>();
    Choices.cases(choice)
        .forEach(
            (name, type) ->
                Settings.of(type)
                    .forEach(
                        rule ->
                            types
                                .computeIfAbsent(row(path, rule), r -> new ArrayList<>())
                                .add(name)));
    types.forEach((row, names) -> text.append(row.formatted(String.join(", ", names))));
  }

  private static String row(String path, SettingRule rule) {
    Object otherwise = rule.otherwise();
    try {
      return "| `%s` | %s | - | - | (%%s) %s |\n"
          .formatted(
              SettingNames.inRecipe(path + "." + rule.name()),
              otherwise == null
                  ? "-"
                  : otherwise instanceof String word ? word : JSON.writeValueAsString(otherwise),
              rule.meaning().replace("%", "%%"));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static JsonNode resolved(TrainingSpec given, boolean scratch) throws Exception {
    return JSON.valueToTree(SpecResolver.resolve(given, scratch));
  }

  private static String at(JsonNode spec, String path) throws IOException {
    JsonNode value = spec.at("/" + path.replace('.', '/'));
    if (value.isMissingNode() || value.isNull()) {
      return "-";
    }
    return value.isTextual() ? value.asText() : JSON.writeValueAsString(value);
  }
}
