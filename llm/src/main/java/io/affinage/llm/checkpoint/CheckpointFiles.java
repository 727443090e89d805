package io.affinage.llm.checkpoint;

import io.affinage.llm.error.LlmException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Finds out what a path holds. */
final class CheckpointFiles {

  private static final String SINGLE = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";

  private CheckpointFiles() {}

  static Checkpoint open(Path path) {
    if (!Files.exists(path)) {
      throw new LlmException("checkpoint_missing", path + " does not exist");
    }
    return Files.isDirectory(path) ? openFolder(path) : openFile(path);
  }

  private static Checkpoint openFile(Path file) {
    String name = file.getFileName().toString();
    if (hasExtension(file, ".gguf")) {
      return new GgufCheckpoint(GgufFile.open(file));
    }
    if (hasExtension(file, ".safetensors")) {
      return SafetensorsCheckpoint.single(file);
    }
    if (name.endsWith(".safetensors.index.json")) {
      return SafetensorsCheckpoint.sharded(file);
    }
    throw new LlmException(
        "checkpoint_unreadable",
        file + " is neither a .safetensors file nor a .gguf file nor a folder");
  }

  private static Checkpoint openFolder(Path folder) {
    // As transformers does: one whole file before shards.
    if (Files.exists(folder.resolve(SINGLE))) {
      return SafetensorsCheckpoint.single(folder.resolve(SINGLE));
    }
    if (Files.exists(folder.resolve(INDEX))) {
      return SafetensorsCheckpoint.sharded(folder.resolve(INDEX));
    }
    List<Path> candidates = list(folder, ".safetensors");
    if (candidates.isEmpty()) {
      candidates = list(folder, ".gguf");
    }
    if (candidates.size() > 1) {
      throw new LlmException(
          "checkpoint_ambiguous",
          "%s holds %d files of weights (%s) and no %s: name the file"
              .formatted(
                  folder,
                  candidates.size(),
                  candidates.stream()
                      .limit(5)
                      .map(p -> p.getFileName().toString())
                      .collect(Collectors.joining(", ")),
                  INDEX));
    }
    if (candidates.isEmpty()) {
      boolean pickled = !list(folder, ".bin").isEmpty() || !list(folder, ".pt").isEmpty();
      throw new LlmException(
          "checkpoint_missing",
          "%s holds neither %s nor %s nor a .gguf file%s"
              .formatted(
                  folder,
                  SINGLE,
                  INDEX,
                  pickled ? "; PyTorch pickles are not read: convert them to safetensors" : ""));
    }
    return openFile(candidates.get(0));
  }

  private static List<Path> list(Path folder, String extension) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> hasExtension(file, extension) && Files.isRegularFile(file))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new LlmException(
          "checkpoint_unreadable", "%s cannot be read: %s".formatted(folder, e.getMessage()), e);
    }
  }

  private static boolean hasExtension(Path file, String extension) {
    return file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(extension);
  }
}
