package io.affinage.events.spec;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.affinage.events.EventJson;
import io.affinage.events.NullnessIntrospector;
import io.affinage.events.Setting;
import java.lang.invoke.MethodType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One setting.
 *
 * @param name the event's
 * @param type of its values; never a primitive
 * @param range of a number; null for none
 * @param words that it, or each item of a list, may be: of an enum its constants in lower case;
 *     empty for any text
 * @param otherwise its value where none is given; null for none
 * @param meaning one line
 * @param also older names, in snake case
 * @param changeable see {@link Setting#changeable()}
 * @param required whether there is no value without it, and no default
 * @param items of a list of records: their class; null otherwise
 */
public record SettingRule(
    String name,
    Class<?> type,
    @Nullable Range range,
    List<String> words,
    @Nullable Object otherwise,
    String meaning,
    List<String> also,
    boolean changeable,
    boolean required,
    @Nullable Class<? extends Record> items) {

  /**
   * What a component says of itself.
   *
   * @throws IllegalArgumentException when it says nothing
   */
  public static SettingRule of(RecordComponent component) {
    Setting setting = component.getAnnotation(Setting.class);
    if (setting == null) {
      throw new IllegalArgumentException(component + " says nothing of itself: give it @Setting");
    }
    boolean bounded = Double.isFinite(setting.from()) || Double.isFinite(setting.to());
    return new SettingRule(
        component.getName(),
        boxed(component.getType()),
        bounded ? Range.of(setting.from(), setting.to()) : null,
        words(setting, component.getType()),
        otherwise(setting, component),
        setting.value(),
        List.of(setting.also()),
        setting.changeable(),
        NullnessIntrospector.isRequired(component) && setting.otherwise().isEmpty(),
        items(component.getGenericType()));
  }

  private static @Nullable Class<? extends Record> items(Type type) {
    return type instanceof ParameterizedType list
            && list.getRawType() == List.class
            && list.getActualTypeArguments()[0] instanceof Class<?> item
            && item.isRecord()
        ? item.asSubclass(Record.class)
        : null;
  }

  private static Class<?> boxed(Class<?> type) {
    return MethodType.methodType(type).wrap().returnType();
  }

  private static List<String> words(Setting setting, Class<?> type) {
    if (type.isEnum()) {
      return Arrays.stream(type.getEnumConstants())
          .map(constant -> ((Enum<?>) constant).name().toLowerCase(Locale.ROOT))
          .toList();
    }
    List<String> words = new ArrayList<>(List.of(setting.words()));
    if (Choices.isChoice(setting.orTypesOf())) {
      words.addAll(Choices.names(setting.orTypesOf()));
    }
    return List.copyOf(words);
  }

  private static @Nullable Object otherwise(Setting setting, RecordComponent component) {
    if (setting.otherwise().isEmpty()) {
      return null;
    }
    try {
      return EventJson.mapper().readValue(setting.otherwise(), component.getType());
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          component + " has a default that is not of its type: " + e.getOriginalMessage(), e);
    }
  }

  /** Whether it is a record of settings itself. */
  public boolean isGroup() {
    return type.isRecord();
  }

  /** Why the setting cannot have a value of its type; null where it can. */
  public @Nullable String wrong(Object value) {
    if (value instanceof String word && !isWord(word)) {
      return "is '" + word + "', must be " + oneOfWords(word);
    }
    if (value instanceof List<?> items) {
      for (Object item : items) {
        if (!isWord(item)) {
          return "has '" + item + "', each must be " + oneOfWords(String.valueOf(item));
        }
      }
    }
    if (value instanceof Number number
        && (range != null
            ? !range.contains(number.doubleValue())
            : !Double.isFinite(number.doubleValue()))) {
      return "is " + value + ", must be " + (range == null ? "a number" : range);
    }
    return null;
  }

  private boolean isWord(@Nullable Object value) {
    return words.isEmpty() || value instanceof String word && words.contains(word);
  }

  private String oneOfWords(String found) {
    return "one of " + String.join(", ", words) + NearestName.suggestion(found, words);
  }
}
