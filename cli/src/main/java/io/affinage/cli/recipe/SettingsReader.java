package io.affinage.cli.recipe;

import io.affinage.events.RewardSpec;
import io.affinage.events.adapter.AdapterSpec;
import io.affinage.events.spec.Choices;
import io.affinage.events.spec.Range;
import io.affinage.events.spec.SettingNames;
import io.affinage.events.spec.SettingRule;
import io.affinage.events.spec.Settings;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

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
    return record(section, type, Map.of());
  }

  /**
   * As the other.
   *
   * @param decided values of settings that are not read, by name; null for none
   */
  static <R extends Record> R record(Section section, Class<R> type, Map<String, Object> decided) {
    return Settings.make(
        type,
        component ->
            decided.containsKey(component.getName())
                ? decided.get(component.getName())
                : value(section, SettingRule.of(component)));
  }

  @SuppressWarnings("unchecked")
  private static Object value(Section section, SettingRule rule) {
    String name = section.oneNameOf(SettingNames.inRecipe(rule.name()), rule.also());
    if (rule.isGroup()) {
      Section group = section.section(name);
      if (group == null) {
        return null;
      }
      Record read = record(group, (Class<? extends Record>) rule.type());
      group.close();
      return read;
    }
    if (rule.type() == RewardSpec.class) {
      return RewardReader.read(section.section(name));
    }
    if (Choices.isChoice(rule.type())) {
      String otherwise = rule.type() == AdapterSpec.class ? "lora" : null;
      return choice(section.section(name), rule.type(), otherwise);
    }
    if (rule.type() == Boolean.class) {
      return section.flag(name);
    }
    if (rule.type() == Integer.class) {
      return section.count(name, rule.range() == null ? Range.from(0) : rule.range());
    }
    if (rule.type() == Long.class) {
      return section.whole(name, Long.MIN_VALUE, Long.MAX_VALUE);
    }
    if (rule.type().isEnum()) {
      return constant(rule.type(), section.word(name, rule.words()));
    }
    if (rule.type() == Double.class) {
      return rule.range() == null
          ? section.number(name, -Section.UNBOUNDED, Section.UNBOUNDED)
          : section.number(name, rule.range());
    }
    if (rule.type() == List.class) {
      return rule.words().isEmpty() ? section.texts(name) : section.words(name, rule.words());
    }
    return rule.words().isEmpty() ? section.text(name) : section.word(name, rule.words());
  }

  private static Object constant(Class<?> type, String word) {
    return Arrays.stream(type.getEnumConstants())
        .filter(constant -> ((Enum<?>) constant).name().equalsIgnoreCase(word))
        .findFirst()
        .orElse(null);
  }
}
