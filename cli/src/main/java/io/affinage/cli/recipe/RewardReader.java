package io.affinage.cli.recipe;

import io.affinage.events.RewardSpec;
import io.affinage.events.Stage;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * What recipes say of rewards beside their settings: the reward model of a stage in short, and
 * patterns, which the reward service reads in a stricter syntax.
 */
final class RewardReader {
  private RewardReader() {}

  /** Null where the section is absent, or something is wrong with it. */
  static RewardSpec read(Section reward) {
    if (reward != null && !reward.has("type") && reward.has("stage")) {
      String stage = reward.text("stage");
      reward.close();
      return stage == null ? null : new RewardSpec.Model(Stage.OF_STAGE + stage);
    }
    RewardSpec read = SettingsReader.choice(reward, RewardSpec.class, null);
    if (read instanceof RewardSpec.Regex regex) {
      pattern(reward, regex.pattern());
    } else if (read instanceof RewardSpec.Format format && format.pattern() != null) {
      pattern(reward, format.pattern());
    }
    return read;
  }

  private static void pattern(Section reward, String pattern) {
    try {
      Pattern.compile(pattern.replace("{reference}", "reference"));
    } catch (PatternSyntaxException e) {
      reward.problem("pattern", "is not a regular expression: " + e.getDescription());
    }
  }
}
