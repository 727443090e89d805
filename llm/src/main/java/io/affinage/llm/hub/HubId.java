package io.affinage.llm.hub;

import io.affinage.llm.error.LlmException;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What to fetch: {@code owner/name}, {@code owner/name@revision}, and with {@code :file.gguf}
 * behind either one file of it.
 *
 * @param owner user or organisation
 * @param name model
 * @param revision branch, tag or commit; {@code main} where none was given
 * @param file one file, for repositories that hold several GGUF files
 */
public record HubId(String owner, String name, String revision, Optional<String> file) {

  private static final String PART = "[A-Za-z0-9_][A-Za-z0-9_.\\-]{0,95}";
  private static final Pattern ID =
      Pattern.compile(
          "("
              + PART
              + ")/("
              + PART
              + ")(?:@([A-Za-z0-9_][A-Za-z0-9_.\\-/]{0,199}))?(?::("
              + PART
              + "))?");

  public HubId {
    Objects.requireNonNull(owner, "owner");
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(revision, "revision");
    Objects.requireNonNull(file, "file");
  }

  /**
   * @throws LlmException {@code hub_id_invalid}
   */
  public static HubId parse(String text) {
    Matcher id = ID.matcher(text);
    if (!id.matches() || text.contains("..") || text.contains("//")) {
      throw new LlmException(
          "hub_id_invalid",
          "'%s' is not a model id: expected owner/name, owner/name@revision or owner/name:file.gguf"
              .formatted(text));
    }
    return new HubId(
        id.group(1),
        id.group(2),
        id.group(3) == null ? "main" : id.group(3),
        Optional.ofNullable(id.group(4)));
  }

  /** {@code owner/name}. */
  public String repository() {
    return owner + "/" + name;
  }

  @Override
  public String toString() {
    return repository() + "@" + revision + file.map(f -> ":" + f).orElse("");
  }
}
