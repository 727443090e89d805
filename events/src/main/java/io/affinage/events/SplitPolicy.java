package io.affinage.events;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.affinage.events.spec.Settings;

/**
 * How rows are held out. A row's split depends on its content and the salt alone, so it stays the
 * same when rows are added or reordered.
 *
 * @param validation share of rows for evaluation during training, 0 to 1
 * @param test share of rows held out for the final evaluation, 0 to 1
 * @param salt mixed into the hash; change it for another split of the same rows
 */
public record SplitPolicy(
    @Setting(
            value = "share of rows for evaluation during training",
            otherwise = "0.0",
            from = 0,
            to = 1)
        double validation,
    @Setting(
            value = "share of rows held out for the final evaluation",
            otherwise = "0.1",
            from = 0,
            to = 1)
        double test,
    @Setting("another one holds out other rows") @JsonProperty(defaultValue = "") String salt) {
  public SplitPolicy {
    salt = salt == null ? "" : salt;
  }

  public static final SplitPolicy DEFAULT = Settings.absent(SplitPolicy.class);
}
