package io.affinage.events.spec;

import java.util.Locale;
import java.util.Map;

/** Settings by the names that recipes give them. */
public final class SettingNames {
  /** Where a recipe's name is not the event's in snake_case. */
  private static final Map<String, String> SHORTER =
      Map.of(
          "adapter.loraAlpha", "adapter.alpha",
          "adapter.loraDropout", "adapter.dropout",
          "adapter.useRslora", "adapter.rslora");

  private SettingNames() {}

  /**
   * A setting's name in a recipe.
   *
   * @param path in the event, for example {@code adapter.loraAlpha}
   */
  public static String inRecipe(String path) {
    return SHORTER.getOrDefault(path, path).replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
  }
}
