package io.affinage.llm.hub;

import io.affinage.llm.error.LlmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Which of a repository's files a model needs: configuration, tokenizer, and one form of the
 * weights.
 */
final class HubSelection {

  private static final Set<String> SMALL_FILES =
      Set.of(
          "config.json",
          "generation_config.json",
          "tokenizer.json",
          "tokenizer_config.json",
          "tokenizer.model",
          "special_tokens_map.json",
          "added_tokens.json",
          "vocab.json",
          "merges.txt",
          "chat_template.jinja",
          "adapter_config.json");

  private static final Pattern SHARD = Pattern.compile("model-\\d+-of-\\d+\\.safetensors");

  private HubSelection() {}

  /**
   * @param files the files in the root of the repository
   * @throws LlmException {@code hub_file_missing} or {@code hub_ambiguous}
   */
  static List<HubFile> select(HubId id, List<HubFile> files) {
    if (id.file().isPresent()) {
      return List.of(
          files.stream()
              .filter(file -> file.name().equals(id.file().get()))
              .findFirst()
              .orElseThrow(
                  () ->
                      new LlmException(
                          "hub_file_missing",
                          "%s has no file %s".formatted(id.repository(), id.file().get()))));
    }
    var selected = new ArrayList<HubFile>();
    files.stream().filter(file -> SMALL_FILES.contains(file.name())).forEach(selected::add);
    selected.addAll(weights(id, files));
    return selected;
  }

  private static List<HubFile> weights(HubId id, List<HubFile> files) {
    for (String single : List.of("model.safetensors", "adapter_model.safetensors")) {
      List<HubFile> found = files.stream().filter(file -> file.name().equals(single)).toList();
      if (!found.isEmpty()) {
        return found;
      }
    }
    if (files.stream().anyMatch(file -> file.name().equals("model.safetensors.index.json"))) {
      return files.stream()
          .filter(
              file ->
                  file.name().equals("model.safetensors.index.json")
                      || SHARD.matcher(file.name()).matches())
          .toList();
    }
    List<HubFile> gguf =
        files.stream()
            .filter(file -> file.name().toLowerCase(Locale.ROOT).endsWith(".gguf"))
            .toList();
    if (gguf.size() == 1) {
      return gguf;
    }
    if (gguf.size() > 1) {
      throw new LlmException(
          "hub_ambiguous",
          "%s holds %d GGUF files: name one as %s:FILE, for example %s"
              .formatted(
                  id.repository(),
                  gguf.size(),
                  id.repository(),
                  gguf.stream().limit(5).map(HubFile::name).collect(Collectors.joining(", "))));
    }
    throw new LlmException(
        "hub_file_missing",
        "%s at %s holds neither safetensors nor GGUF weights"
            .formatted(id.repository(), id.revision()));
  }
}
