package io.affinage.events;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * How rows are held out. A row's split depends on its content and the salt alone, so it stays the
 * same when rows are added or reordered.
 *
 * @param validation share of rows for evaluation during training, 0 to 1
 * @param test share of rows held out for the final evaluation, 0 to 1
 * @param salt mixed into the hash; change it for another split of the same rows
 */
public record SplitPolicy(
    double validation, double test, @JsonProperty(defaultValue = "") String salt) {
  public SplitPolicy {
    salt = salt == null ? "" : salt;
  }

  public static final SplitPolicy DEFAULT = new SplitPolicy(0.0, 0.1, "");
}
