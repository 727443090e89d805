package io.affinage.events.spec;

import java.util.Locale;

/** Settings by the names that recipes give them. */
public final class SettingNames {
  private SettingNames() {}

  /**
   * A setting's name in a recipe.
   *
   * @param path in the event, for example {@code adapter.loraAlpha}
   */
  public static String inRecipe(String path) {
    return path.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
  }
}
