package io.affinage.cli.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import io.affinage.events.RewardSpec;
import io.affinage.events.adapter.AdapterSpec;
import io.affinage.events.spec.Choices;
import io.affinage.events.spec.Interdependent;
import io.affinage.events.spec.Range;
import io.affinage.events.spec.SettingNames;
import io.affinage.events.spec.SettingRule;
import io.affinage.events.spec.Settings;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
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
   * @return null where a setting is missing, or wrong, without which there is no record
   */
  static <R extends Record> R record(Section section, Class<R> type, Map<String, Object> decided) {
    Map<String, Object> values = new HashMap<>(decided);
    boolean complete = true;
    for (RecordComponent component : type.getRecordComponents()) {
      if (!decided.containsKey(component.getName())) {
        SettingRule rule = SettingRule.of(component);
        Object value = value(section, rule);
        values.put(rule.name(), value);
        complete &= value != null || !rule.required();
      }
    }
    if (!complete) {
      return null;
    }
    R read = Settings.make(type, component -> values.get(component.getName()));
    if (read instanceof Interdependent together) {
      together
          .conflicts()
          .forEach((name, why) -> section.problem(SettingNames.inRecipe(name), why));
    }
    return read;
  }

  @SuppressWarnings("unchecked")
  private static Object value(Section section, SettingRule rule) {
    String name = section.oneNameOf(SettingNames.inRecipe(rule.name()), rule.also());
    if (rule.required() && !section.isGiven(name)) {
      section.problem(name + " is missing: " + rule.meaning());
      return null;
    }
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
      return rule.range() == null
          ? section.whole(name, Long.MIN_VALUE, Long.MAX_VALUE)
          : section.whole(name, (long) rule.range().least(), (long) rule.range().most());
    }
    if (rule.type().isEnum()) {
      return constant(rule.type(), section.word(name, rule.words()));
    }
    if (rule.type() == Double.class) {
      return rule.range() == null
          ? section.number(name, -Section.UNBOUNDED, Section.UNBOUNDED)
          : section.number(name, rule.range());
    }
    if (rule.items() != null) {
      return section.isGiven(name) ? records(section.sections(name), rule.items()) : null;
    }
    if (rule.type() == JsonNode.class) {
      return section.json(name);
    }
    if (rule.type() == Map.class) {
      return section.jsonByName(name);
    }
    if (rule.type() == List.class) {
      return rule.words().isEmpty() ? section.texts(name) : section.words(name, rule.words());
    }
    return rule.words().isEmpty() ? section.text(name) : section.word(name, rule.words());
  }

  /** Null where one of them is incomplete. */
  private static List<Record> records(List<Section> sections, Class<? extends Record> type) {
    List<Record> records = new ArrayList<>();
    for (Section each : sections) {
      records.add(record(each, type));
      each.close();
    }
    return records.contains(null) ? null : List.copyOf(records);
  }

  private static Object constant(Class<?> type, String word) {
    return Arrays.stream(type.getEnumConstants())
        .filter(constant -> ((Enum<?>) constant).name().equalsIgnoreCase(word))
        .findFirst()
        .orElse(null);
  }
}
