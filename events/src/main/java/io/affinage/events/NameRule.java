package io.affinage.events;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the names in requests may look like, whether they come by Kafka, HTTP or in a recipe. They
 * become parts of model ids, transactional ids and URLs, and are shown in logs and on terminals.
 */
public enum NameRule {
  /** Of a job or an evaluation. */
  ID(
      "[A-Za-z0-9][A-Za-z0-9._:-]{0,199}",
      "up to 200 letters, digits, '.', '_', ':' or '-', beginning with a letter or digit"),
  /** Of a dataset or a recipe; as a suffix, part of a registered model's id. */
  NAME(
      "[A-Za-z0-9_][A-Za-z0-9._-]{0,99}",
      "up to 100 letters, digits, '.', '_' or '-', beginning with a letter, digit or '_'"),
  /** Of a part of a dataset. */
  SPLIT("[A-Za-z0-9_-]{1,64}", "up to 64 letters, digits, '_' or '-'"),
  /**
   * Of a file, or what a producer calls its own things by; never a path, and nothing that cannot be
   * written, as half of a surrogate pair.
   */
  LABEL(
      "(?!\\.{1,2}$)(?=.*\\S)[^/\\\\\\p{Cntrl}\\p{Cs}\\u0080-\\u009f\\u2028\\u2029]{1,200}",
      "up to 200 characters without '/', '\\' and control characters, not all of them blank");

  private final Pattern pattern;
  private final String words;

  NameRule(String pattern, String words) {
    this.pattern = Pattern.compile(pattern);
    this.words = words;
  }

  /** Whether the text keeps the rule; null does not. */
  public boolean allows(@Nullable String text) {
    return text != null && pattern.matcher(text).matches();
  }

  /** What is allowed, to follow "must be". */
  public String words() {
    return words;
  }
}
