package io.affinage.llm.export;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What an adapter's base is called, as PEFT resolves it: a hub id with a revision, or a path.
 *
 * @param nameOrPath {@code base_model_name_or_path}
 * @param revision of a hub id, where one was named
 */
record BaseName(String nameOrPath, Optional<String> revision) {
  private static final Pattern HUB =
      Pattern.compile("(?:hub:)?([A-Za-z0-9][\\w.-]*/[A-Za-z0-9][\\w.-]*)(?:@([\\w./-]+))?");

  /**
   * Reads {@code owner/name}, {@code owner/name@revision} or a path; a path that is there first.
   */
  static BaseName of(String text) {
    Matcher hub = HUB.matcher(text);
    return !Files.exists(Path.of(text)) && hub.matches()
        ? new BaseName(hub.group(1), Optional.ofNullable(hub.group(2)))
        : new BaseName(text, Optional.empty());
  }

  /** What a reader must know to load the base; empty where the name alone is enough. */
  Optional<String> note() {
    boolean hub = HUB.matcher(nameOrPath).matches();
    Path path = Path.of(nameOrPath);
    if (nameOrPath.toLowerCase(Locale.ROOT).endsWith(".gguf") || isGguf(path)) {
      return Optional.of(
          "The base is a GGUF file, which PEFT does not open by itself: load it with AutoModelForCausalLM.from_pretrained(FOLDER, gguf_file=FILE) and put the adapter on it with PeftModel.from_pretrained, or name the same model's Hugging Face id or folder as the base when exporting.");
    }
    if (Files.isDirectory(path) || hub) {
      return Optional.empty();
    }
    return Optional.of(
        "The base %s is neither a Hugging Face id nor a folder here: name one as the base when exporting, or load it yourself and put the adapter on it with PeftModel.from_pretrained."
            .formatted(nameOrPath));
  }

  private static boolean isGguf(Path path) {
    return Files.isDirectory(path)
        && !Files.exists(path.resolve("config.json"))
        && Optional.ofNullable(path.toFile().list())
            .map(names -> java.util.Arrays.stream(names).anyMatch(name -> name.endsWith(".gguf")))
            .orElse(false);
  }
}
