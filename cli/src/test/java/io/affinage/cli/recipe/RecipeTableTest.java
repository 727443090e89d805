package io.affinage.cli.recipe;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.affinage.cli.run.DataRules;
import io.affinage.events.EvaluationSpec;
import io.affinage.events.RewardSpec;
import io.affinage.events.spec.Choices;
import io.affinage.events.spec.SettingNames;
import io.affinage.events.spec.SettingRule;
import io.affinage.events.spec.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Holds {@code docs/recipe-settings.md} to what the records say of their settings. With {@code
 * -Daffinage.regenerate=true} it is written anew.
 */
class RecipeTableTest {
  private static final Path TABLE = Path.of("..", "docs", "recipe-settings.md");

  @Test
  void shouldCommitWhatTheSettingsSay() throws IOException {
    String generated = tables();
    if (Boolean.getBoolean("affinage.regenerate")) {
      Files.writeString(TABLE, generated);
    }
    assertThat(Files.readString(TABLE))
        .as("docs/recipe-settings.md; see this class for how to regenerate it")
        .isEqualTo(generated);
  }

  private static String tables() {
    StringBuilder text =
        new StringBuilder(
            """
            # Settings of data, evaluations and rewards

            Names as recipes write them; events use the same names in camelCase. A dash: none. Those of a training are in
            [training-settings.md](training-settings.md). Generated from the code by `RecipeTableTest`.
            """);
    table("data", "[Datasets](datasets.md)", DataRules.class, text);
    table("evaluate", "[Evaluations](evaluation.md)", EvaluationSpec.class, text);
    text.append(
        """

        ## `reward`

        Of evaluations and of trainings that sample answers. [Rewards](rewards.md) say what they do.

        | type | setting | default | values | meaning |
        |---|---|---|---|---|
        """);
    Choices.cases(RewardSpec.class)
        .forEach((name, type) -> rows("| `%s` ".formatted(name), "", type, text));
    return text.toString();
  }

  private static void table(
      String name, String more, Class<? extends Record> type, StringBuilder text) {
    text.append(
        """

        ## `%s`

        %s say what they do.

        | setting | default | values | meaning |
        |---|---|---|---|
        """
            .formatted(name, more));
    rows("", "", type, text);
  }

  private static void rows(
      String before, String prefix, Class<? extends Record> type, StringBuilder text) {
    for (SettingRule rule : Settings.of(type)) {
      String path = prefix + SettingNames.inRecipe(rule.name());
      if (rule.isGroup()) {
        rows(before, path + ".", rule.type().asSubclass(Record.class), text);
      } else {
        text.append(
            "%s| `%s` | %s | %s | %s |\n"
                .formatted(before, path, otherwise(rule), values(rule), rule.meaning()));
      }
      if (rule.items() != null) {
        rows(before, path + "[].", rule.items(), text);
      }
    }
  }

  private static String otherwise(SettingRule rule) {
    Object otherwise = rule.otherwise();
    if (otherwise == null) {
      return rule.required() ? "(must be given)" : "-";
    }
    return otherwise instanceof Enum<?> constant
        ? constant.name().toLowerCase(Locale.ROOT)
        : otherwise.toString();
  }

  private static String values(SettingRule rule) {
    if (Choices.isChoice(rule.type())) {
      return "`type`: " + quoted(Choices.names(rule.type()));
    }
    if (rule.items() != null) {
      return "list";
    }
    if (rule.type() == JsonNode.class || rule.type() == Map.class) {
      return rule.type() == Map.class ? "values by name" : "any";
    }
    String kind = rule.type() == List.class ? "list of " : "";
    if (!rule.words().isEmpty()) {
      return kind + quoted(rule.words());
    }
    if (rule.type() == Boolean.class) {
      return "true, false";
    }
    if (!Number.class.isAssignableFrom(rule.type())) {
      return kind + (kind.isEmpty() ? "text" : "texts");
    }
    String number = rule.type() == Double.class ? "number" : "whole number";
    return rule.range() == null ? number : number + " " + rule.range();
  }

  private static String quoted(Collection<String> words) {
    return words.stream().map(word -> "`" + word + "`").collect(Collectors.joining(", "));
  }
}
