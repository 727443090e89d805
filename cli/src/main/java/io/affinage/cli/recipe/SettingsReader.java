package io.affinage.cli.recipe;

import io.affinage.events.spec.Choices;
import io.affinage.events.spec.Range;
import io.affinage.events.spec.SettingNames;
import io.affinage.events.spec.SettingRule;
import io.affinage.events.spec.Settings;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Reads records of settings by what their components say of themselves. */
final class SettingsReader {
  private SettingsReader() {}

  /**
   * A typed choice; null where the section is absent or its type unknown.
   *
   * @param otherwise the type of a section that names none; null where it must
   */
  static <T> T choice(Section section, Class<T> choice, String otherwise) {
    if (section == null) {
      return null;
    }
    String tag = Choices.tag(choice);
    String named = section.word(tag, Choices.names(choice));
    if (!section.has(tag) && otherwise == null) {
      section.problem(tag + " is missing, one of " + String.join(", ", Choices.names(choice)));
    }
    String type = named != null || section.has(tag) ? named : otherwise;
    if (type == null) {
      return null;
    }
    T read = choice.cast(record(section, Choices.find(choice, type).orElseThrow()));
    section.close();
    return read;
  }

  /** The settings of a record, which need not be all that the section has. */
  static <R extends Record> R record(Section section, Class<R> type) {
    Map<String, SettingRule> rules =
        Settings.of(type).stream().collect(Collectors.toMap(SettingRule::name, rule -> rule));
    return Settings.make(type, component -> value(section, rules.get(component.getName())));
  }

  private static Object value(Section section, SettingRule rule) {
    String name = section.oneNameOf(SettingNames.inRecipe(rule.name()), rule.also());
    if (rule.type() == Boolean.class) {
      return section.flag(name);
    }
    if (rule.type() == Integer.class) {
      return section.count(name, rule.range() == null ? 0 : (int) rule.range().least());
    }
    if (rule.type() == Double.class) {
      return section.number(
          name,
          rule.range() == null ? new Range(-Section.UNBOUNDED, Section.UNBOUNDED) : rule.range());
    }
    if (rule.type() == List.class) {
      return section.texts(name);
    }
    return rule.words().isEmpty() ? section.text(name) : section.word(name, rule.words());
  }
}
