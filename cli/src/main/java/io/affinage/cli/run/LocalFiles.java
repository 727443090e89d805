package io.affinage.cli.run;

import io.affinage.artifacts.Artifact;
import io.affinage.artifacts.ArtifactStore;
import io.affinage.cli.CliException;
import io.affinage.cli.ExitCode;
import io.affinage.cli.client.EventView;
import io.affinage.events.ArtifactRef;
import io.affinage.events.DatasetSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The user's files and names, as the services can use them. */
public final class LocalFiles {
  private static final Pattern HUB_ID =
      Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*(@[A-Za-z0-9._/-]+)?");
  private static final Pattern REFERENCE = Pattern.compile("(artifact|model|hub|file):.+|scratch");

  /** Names that models' files have, whatever is in them: the model library says what it is. */
  private static final Pattern MODEL_FILE =
      Pattern.compile(
          "(?i).*\\.(safetensors|gguf|bin|pt|pth|ckpt|zip|gz|tgz|tar)|adapter_config\\.json|snapshots");

  private LocalFiles() {}

  /** Fails when this is no readable file. */
  public static void requireData(Path file) {
    if (Files.isDirectory(file)) {
      throw wrongFile(file + " is a folder: give one file (JSONL, JSON, CSV, Parquet or text).");
    }
    if (!Files.isReadable(file)) {
      throw wrongFile(
          file
              + (Files.exists(file)
                  ? " cannot be read: check its permissions."
                  : " does not exist: check the path."));
    }
    if (isEmpty(file)) {
      throw wrongFile(file + " is empty: give a file with rows.");
    }
  }

  private static boolean isEmpty(Path file) {
    try {
      return Files.isRegularFile(file) && Files.size(file) == 0;
    } catch (IOException e) {
      throw wrongFile(file + " cannot be read: " + e.getMessage());
    }
  }

  /** Stores a data file and names it. */
  public static DatasetSource importData(
      ArtifactStore store, Path file, Map<String, String> columns, Map<String, String> constants)
      throws IOException {
    requireData(file);
    return new DatasetSource.Stored(
        reference(store.putFile(file)), file.getFileName().toString(), columns, constants);
  }

  /** The event's reference to what the store holds. */
  public static ArtifactRef reference(Artifact artifact) {
    return new ArtifactRef(
        artifact.digest(), ArtifactRef.Kind.valueOf(artifact.kind().name()), artifact.size());
  }

  /**
   * Fails when this can be no model: neither a file or folder here, nor a Hugging Face id, nor a
   * reference as events write it.
   */
  public static void requireModel(String model) {
    Path path = Path.of(model);
    if (Files.isDirectory(path)) {
      if (Files.isRegularFile(path.resolve("config.json"))) {
        return;
      }
      int count = ggufFiles(path).size();
      if (count != 1 && !holdsModelFiles(path)) {
        throw wrongFile(
            "%s has neither config.json (Hugging Face) nor exactly one .gguf file, but %d: give the file itself."
                .formatted(model, count));
      }
    } else if (Files.exists(path)) {
      if (isSafetensors(path)) {
        throw wrongFile(
            model
                + " is one file of a Hugging Face model: give the folder that it lies in, with its config.json and tokenizer.");
      }
      if (!isGguf(path) && !MODEL_FILE.matcher(path.getFileName().toString()).matches()) {
        throw wrongFile(
            model + " is not a .gguf file: give a GGUF file, or a Hugging Face model's folder.");
      }
    } else if (!REFERENCE.matcher(model).matches() && looksLikePath(model)) {
      throw wrongFile(model + " does not exist: check the path.");
    } else if (!REFERENCE.matcher(model).matches()
        && !HUB_ID.matcher(model).matches()
        && !model.contains(":")) {
      throw wrongFile(
          "'%s' is no model: give a folder, a .gguf file, a Hugging Face id (owner/name) or a registered model's id."
              .formatted(model));
    }
  }

  /** Stores the model when it is here, and gives the reference that a request carries. */
  public static String importModel(ArtifactStore store, EventView view, String model)
      throws IOException {
    requireModel(model);
    Path path = Path.of(model);
    if (Files.isDirectory(path)) {
      if (Files.isRegularFile(path.resolve("config.json"))) {
        return "artifact:" + store.putFolder(path).digest();
      }
      List<Path> files = ggufFiles(path);
      if (files.size() != 1) {
        throw wrongFile(model + " has no config.json: it is no model's folder.");
      }
      return "artifact:" + importGguf(store, files.get(0));
    }
    if (Files.exists(path)) {
      return "artifact:" + importGguf(store, path);
    }
    if (REFERENCE.matcher(model).matches()) {
      return model;
    }
    boolean registered =
        view.models().stream().anyMatch(known -> known.registered().modelId().equals(model));
    if (registered) {
      return "model:" + model;
    }
    if (HUB_ID.matcher(model).matches()) {
      return "hub:" + model;
    }
    throw wrongFile("No model '%s' is registered: see 'affinage models'.".formatted(model));
  }

  /**
   * What the user calls a model whose reference is a digest: the path of its folder or file; null
   * for every other.
   */
  public static String baseName(String model) {
    return model != null && Files.exists(Path.of(model))
        ? Path.of(model).toAbsolutePath().normalize().toString()
        : null;
  }

  /** As a folder with the one file, so that its name stays with it. */
  private static String importGguf(ArtifactStore store, Path file) throws IOException {
    Path folder = Files.createTempDirectory("affinage-model");
    Path link = folder.resolve(file.getFileName());
    try {
      try {
        Files.createLink(link, file.toRealPath());
      } catch (IOException | UnsupportedOperationException e) {
        // Another file system, or one without links.
        Files.copy(file, link);
      }
      return store.putFolder(folder).digest();
    } finally {
      Files.deleteIfExists(link);
      Files.deleteIfExists(folder);
    }
  }

  private static List<Path> ggufFiles(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(LocalFiles::isGguf).sorted().toList();
    } catch (IOException e) {
      throw wrongFile(folder + " cannot be read: " + e.getMessage());
    }
  }

  /** What the model library has words for, whether it can open it or not. */
  private static boolean holdsModelFiles(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.anyMatch(file -> MODEL_FILE.matcher(file.getFileName().toString()).matches());
    } catch (IOException e) {
      throw wrongFile(folder + " cannot be read: " + e.getMessage());
    }
  }

  private static boolean isSafetensors(Path file) {
    return file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(".safetensors");
  }

  /** Whether this can only be a model on a hub: an id, and nothing here has this name. */
  public static boolean isHubId(String model) {
    String id = model.startsWith("hub:") ? model.substring("hub:".length()) : model;
    return HUB_ID.matcher(id).matches() && !Files.exists(Path.of(model));
  }

  private static boolean isGguf(Path file) {
    return file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(".gguf")
        && Files.isRegularFile(file);
  }

  private static boolean looksLikePath(String model) {
    return model.startsWith("/")
        || model.startsWith(".")
        || model.startsWith("~")
        || model.endsWith(".gguf")
        || model.chars().filter(c -> c == '/').count() > 1;
  }

  private static CliException wrongFile(String message) {
    return new CliException(ExitCode.USAGE, "wrong_file", message);
  }
}
