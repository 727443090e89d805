package io.affinage.llm.checkpoint;

import io.affinage.llm.error.FileKind;
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
      return Nf4Checkpoint.of(SafetensorsCheckpoint.single(file));
    }
    if (name.endsWith(".safetensors.index.json")) {
      return Nf4Checkpoint.of(SafetensorsCheckpoint.sharded(file));
    }
    FileKind kind = FileKind.of(file);
    throw new LlmException(
        "checkpoint_wrong_file",
        kind == FileKind.OTHER || kind == FileKind.JSON
            ? file + " is neither a .safetensors file nor a .gguf file nor a folder"
            : "%s is %s".formatted(file, kind.what()));
  }

  private static Checkpoint openFolder(Path folder) {
    // As transformers does: one whole file before shards.
    if (Files.exists(folder.resolve(SINGLE))) {
      return openFile(folder.resolve(SINGLE));
    }
    if (Files.exists(folder.resolve(INDEX))) {
      return openFile(folder.resolve(INDEX));
    }
    List<Path> candidates = list(folder, ".safetensors");
    if (Files.exists(folder.resolve(PeftConfig.FILE))
        && candidates.stream()
            .allMatch(file -> file.getFileName().toString().startsWith("adapter_model"))) {
      throw isAdapter(folder);
    }
    if (candidates.isEmpty()) {
      candidates = list(folder, ".gguf");
    }
    if (candidates.size() > 1) {
      throw new LlmException(
          "checkpoint_ambiguous",
          "%s holds %d files of weights (%s) and no %s: name the file"
              .formatted(folder, candidates.size(), names(candidates), INDEX));
    }
    if (candidates.isEmpty()) {
      throw nothingIn(folder);
    }
    return openFile(candidates.get(0));
  }

  private static LlmException nothingIn(Path folder) {
    List<Path> pickles =
        Stream.of(".bin", ".pt", ".pth", ".ckpt")
            .flatMap(extension -> list(folder, extension).stream())
            .filter(file -> !file.getFileName().toString().equals("training_args.bin"))
            .toList();
    if (Files.exists(folder.resolve(PeftConfig.FILE))) {
      return isAdapter(folder);
    }
    if (!pickles.isEmpty()) {
      Path first = pickles.get(0);
      FileKind kind = FileKind.of(first);
      return new LlmException(
          "checkpoint_wrong_file",
          "%s is %s".formatted(first, (kind == FileKind.OTHER ? FileKind.PICKLE : kind).what()));
    }
    if (Files.isDirectory(folder.resolve("snapshots"))) {
      return new LlmException(
          "checkpoint_missing",
          "%s is a model's folder in Hugging Face's cache: give one of the folders in its snapshots"
              .formatted(folder));
    }
    List<Path> everything = list(folder, "");
    return new LlmException(
        "checkpoint_missing",
        everything.isEmpty()
            ? folder
                + " holds no file: give a folder with model.safetensors and config.json, or a .gguf file"
            : "%s holds neither %s nor %s nor a .gguf file, but %s"
                .formatted(folder, SINGLE, INDEX, names(everything)));
  }

  private static LlmException isAdapter(Path folder) {
    String base = "";
    try {
      base = PeftConfig.baseName(folder).orElse("");
    } catch (LlmException e) {
      // What it was made for is a help alone.
    }
    return new LlmException(
        "checkpoint_is_adapter",
        "%s is an adapter%s, not a model: give the model, or the adapter merged into it (PEFT's merge_and_unload, affinage export --format hf); one that was trained here goes on by its model's id"
            .formatted(folder, base.isEmpty() ? "" : " of " + base));
  }

  private static String names(List<Path> files) {
    return files.stream()
            .limit(5)
            .map(p -> p.getFileName().toString())
            .collect(Collectors.joining(", "))
        + (files.size() > 5 ? ", ..." : "");
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
