package io.affinage.events.spec;

import io.affinage.events.Setting;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Records by the names of their components, and what settings say of themselves. */
public final class Settings {
  private Settings() {}

  /** The settings of a record, in its order. */
  public static List<SettingRule> of(Class<? extends Record> type) {
    return Arrays.stream(type.getRecordComponents())
        .filter(component -> component.isAnnotationPresent(Setting.class))
        .map(SettingRule::of)
        .toList();
  }

  /** A setting of a record by its name. */
  public static SettingRule find(Class<? extends Record> type, String name) {
    return of(type).stream()
        .filter(rule -> rule.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(type + " has no setting " + name));
  }

  /** A record of some components by their names; the others are absent. */
  public static <T extends Record> Builder<T> build(Class<T> type) {
    return new Builder<>(type, Map.of());
  }

  /** As given, but for the components that are named anew. */
  @SuppressWarnings("unchecked")
  public static <T extends Record> Builder<T> from(T given) {
    Map<String, Object> values = new HashMap<>();
    for (RecordComponent component : given.getClass().getRecordComponents()) {
      values.put(component.getName(), value(given, component));
    }
    return new Builder<>((Class<T>) given.getClass(), values);
  }

  /** Takes components by their names. */
  public static final class Builder<T extends Record> {
    private final Class<T> type;
    private final Map<String, Object> values;

    private Builder(Class<T> type, Map<String, Object> values) {
      this.type = type;
      this.values = new HashMap<>(values);
    }

    /**
     * @param value of the component's type; null for absent
     * @throws IllegalArgumentException for a name that the record does not have
     */
    public Builder<T> with(String name, @Nullable Object value) {
      if (Arrays.stream(type.getRecordComponents()).noneMatch(c -> c.getName().equals(name))) {
        throw new IllegalArgumentException(type.getSimpleName() + " has no " + name);
      }
      values.put(name, value);
      return this;
    }

    public T record() {
      return make(type, component -> values.get(component.getName()));
    }
  }

  /** A record whose every setting is absent; primitives have their defaults. */
  public static <T extends Record> T absent(Class<T> type) {
    return make(type, component -> null);
  }

  /**
   * A record by its components.
   *
   * @param value gives a component's value, of its type; null for absent, which a primitive cannot
   *     be: it takes its default
   */
  public static <T extends Record> T make(
      Class<T> type, Function<RecordComponent, @Nullable Object> value) {
    RecordComponent[] components = type.getRecordComponents();
    try {
      Constructor<T> constructor =
          type.getDeclaredConstructor(
              Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
      return constructor.newInstance(
          Arrays.stream(components).map(component -> given(component, value)).toArray());
    } catch (InvocationTargetException e) {
      throw new IllegalArgumentException(type.getSimpleName() + ": " + e.getCause(), e);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError("records have a canonical constructor", e);
    }
  }

  private static @Nullable Object given(
      RecordComponent component, Function<RecordComponent, @Nullable Object> value) {
    Object given = value.apply(component);
    return given == null && component.getType().isPrimitive()
        ? SettingRule.of(component).otherwise()
        : given;
  }

  /** The value of a component. */
  public static @Nullable Object value(Record record, RecordComponent component) {
    try {
      return component.getAccessor().invoke(record);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError("records have accessors", e);
    }
  }

  /**
   * As given, with the default of every setting that is absent.
   *
   * @throws InvalidSpecException naming every setting that cannot be what it is
   */
  public static <T extends Record> T withDefaults(T given) throws InvalidSpecException {
    Problems problems = new Problems();
    T complete = withDefaults(given, "", problems);
    problems.throwIfAny();
    return complete;
  }

  /** As given, with the default of every setting that is absent, or refused. */
  @SuppressWarnings("unchecked")
  static <T extends Record> T withDefaults(T given, String path, Problems problems) {
    return (T) make(given.getClass(), component -> value(given, component, path, true, problems));
  }

  /** As given, without what is refused: a group of settings whose defaults others know. */
  private static Record checked(Record given, String path, Problems problems) {
    return make(given.getClass(), component -> value(given, component, path, false, problems));
  }

  /** Notes what is wrong within a value that stays as it is given. */
  private static void check(Object given, String path, Problems problems) {
    if (given instanceof List<?> items) {
      for (int i = 0; i < items.size(); i++) {
        check(items.get(i), path + "[" + i + "]", problems);
      }
    }
    if (!(given instanceof Interdependent together)) {
      return;
    }
    for (RecordComponent component : given.getClass().getRecordComponents()) {
      Object value = value((Record) given, component);
      if (value != null) {
        SettingRule rule = SettingRule.of(component);
        String at = path + "." + rule.name();
        String wrong = rule.wrong(value);
        if (wrong != null) {
          problems.add(at, wrong);
        }
        check(value, at, problems);
      }
    }
    together.conflicts().forEach((field, why) -> problems.add(path + "." + field, why));
  }

  private static @Nullable Object value(
      Record given, RecordComponent component, String path, boolean defaults, Problems problems) {
    SettingRule rule = SettingRule.of(component);
    String at = path.isEmpty() ? rule.name() : path + "." + rule.name();
    Object value = value(given, component);
    if (value == null) {
      return defaults ? rule.otherwise() : null;
    }
    if (value instanceof Interdependent) {
      check(value, at, problems);
      return value;
    }
    if (rule.isGroup()) {
      return checked((Record) value, at, problems);
    }
    String wrong = rule.wrong(value);
    if (wrong != null) {
      problems.add(at, wrong);
      return defaults ? rule.otherwise() : null;
    }
    return value;
  }

  /**
   * What comes of a record that is gone on from: its settings, but for those that may change.
   *
   * @param why the end of the sentence that says why a setting must stay
   */
  static Record continued(Record parent, Record asked, String path, String why, Problems problems) {
    return make(
        parent.getClass(),
        component -> {
          SettingRule rule = SettingRule.of(component);
          Object has = value(parent, component);
          Object wanted = value(asked, component);
          if (wanted == null || same(wanted, has)) {
            return has;
          }
          if (!rule.changeable()) {
            problems.add(path + "." + rule.name(), "is " + wanted + why + ", which has " + has);
            return has;
          }
          String wrong = rule.wrong(wanted);
          if (wrong != null) {
            problems.add(path + "." + rule.name(), wrong);
            return has;
          }
          return wanted;
        });
  }

  private static boolean same(Object wanted, @Nullable Object has) {
    return wanted instanceof List<?> some && has instanceof List<?> others
        ? new HashSet<>(some).equals(new HashSet<>(others))
        : Objects.equals(wanted, has);
  }
}
