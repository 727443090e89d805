package io.affinage.cli.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.artifacts.ArtifactStore;
import io.affinage.cli.Affinage;
import io.affinage.cli.CliException;
import io.affinage.cli.ExitCode;
import io.affinage.cli.client.Interest;
import io.affinage.cli.run.Session;
import io.affinage.cli.stack.Install;
import io.affinage.cli.stack.ModelTool;
import io.affinage.events.ArtifactRef;
import io.affinage.events.ModelRegistered;
import io.affinage.events.Warning;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code affinage export}. */
@Command(
    name = "export",
    description = {
      "Write a model to a folder: its PEFT adapter, or a whole model with the adapter merged in, as"
          + " a Hugging Face folder or as GGUF.",
      "What is converted is read back and compared with the live model before it counts."
    })
public final class ExportCommand implements Callable<Integer> {
  private static final ObjectMapper JSON = new ObjectMapper();

  @ParentCommand private Affinage root;

  @Parameters(index = "0", paramLabel = "MODEL", description = "A model's id, or a part of it.")
  private String id;

  @Parameters(index = "1", paramLabel = "DIR", description = "An empty or a new folder.")
  private Path target;

  @Option(
      names = "--format",
      description =
          "${COMPLETION-CANDIDATES}. Default: peft for an adapter; stored, the files as they are in"
              + " the store, for a whole model.")
  private ExportFormat format;

  @Option(
      names = "--type",
      paramLabel = "TYPE",
      description =
          "hf: f32, f16, bf16 (default); gguf: f32, f16 (default), bf16, q8_0, q4_0, q4_1, q4_k_m.")
  private String type;

  @Option(
      names = "--base",
      paramLabel = "NAME",
      description =
          "With --format peft: what the adapter names as its base, a Hugging Face id (owner/name,"
              + " owner/name@revision) or a folder. Default: what training was given.")
  private String base;

  @Override
  public Integer call() throws Exception {
    requireEmpty();
    try (Session session = Session.open(root, Set.of())) {
      ModelRegistered model = ModelChoice.find(session.view(Interest.MODELS), id).registered();
      if (format == null) {
        boolean complete = model.kind() == ModelRegistered.Kind.ADAPTER && model.base() != null;
        format = complete ? ExportFormat.PEFT : ExportFormat.STORED;
      }
      requireFitting(model);
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("model", model.modelId());
      json.put("folder", target.toAbsolutePath().toString());
      List<String> lines = new ArrayList<>();
      List<String> files =
          format == ExportFormat.STORED
              ? copy(session.store().localFolder(model.model().digest()))
              : converted(session.store(), model, json, lines);
      json.put("files", files);
      lines.addAll(
          0,
          List.of(
              "%s: %d files in %s".formatted(model.modelId(), files.size(), target),
              "  " + String.join(", ", files)));
      root.terminal().result(json, lines);
      return ExitCode.OK.status();
    }
  }

  private void requireEmpty() throws IOException {
    if (Files.exists(target)) {
      boolean empty = Files.isDirectory(target);
      if (empty) {
        try (Stream<Path> inside = Files.list(target)) {
          empty = inside.findAny().isEmpty();
        }
      }
      if (!empty) {
        throw new CliException(
            ExitCode.USAGE,
            "target_not_empty",
            target + " is no empty folder: give a new one, nothing is overwritten.");
      }
    }
  }

  private void requireFitting(ModelRegistered model) {
    if (model.isRewardModel()
        && (format == ExportFormat.GGUF || format == ExportFormat.GGUF_ADAPTER)) {
      throw new CliException(
          ExitCode.USAGE,
          "model_is_reward_model",
          "%s is a reward model, and programs that read GGUF write texts: use --format hf or peft."
              .formatted(model.modelId()));
    }
    boolean adapter = model.kind() == ModelRegistered.Kind.ADAPTER;
    if (!adapter && (format == ExportFormat.PEFT || format == ExportFormat.GGUF_ADAPTER)) {
      throw new CliException(
          ExitCode.USAGE,
          "not_an_adapter",
          "%s is a whole model, not an adapter: use --format hf or gguf."
              .formatted(model.modelId()));
    }
    if (type != null && format != ExportFormat.HF && format != ExportFormat.GGUF) {
      throw new CliException(
          ExitCode.USAGE,
          "type_without_format",
          "--type is for --format hf or gguf; %s keeps its numbers as they are.".formatted(format));
    }
    if (base != null && format != ExportFormat.PEFT) {
      throw new CliException(
          ExitCode.USAGE,
          "base_without_format",
          "--base is for --format peft; %s names no base.".formatted(format));
    }
    if (adapter && model.base() == null && format != ExportFormat.STORED) {
      throw new CliException(
          ExitCode.FAILED,
          "base_unknown",
          "The base model of %s is not in the store; --format stored gives the adapter's own files."
              .formatted(model.modelId()));
    }
  }

  private List<String> converted(
      ArtifactStore store, ModelRegistered model, Map<String, Object> json, List<String> lines)
      throws IOException, InterruptedException {
    root.terminal()
        .status(
            format == ExportFormat.PEFT
                ? "exporting"
                : "exporting, then reading back what was written");
    JsonNode answer = new ModelTool(Install.current()).export(request(store, model));
    json.put("logit_error", answer.path("logit_error").asDouble());
    answer.path("notes").forEach(note -> lines.add("note      " + note.asText()));
    json.put("notes", answer.path("notes"));
    List<String> files = new ArrayList<>();
    answer.path("files").forEach(file -> files.add(file.path("name").asText()));
    return files;
  }

  private Map<String, Object> request(ArtifactStore store, ModelRegistered model)
      throws IOException {
    boolean adapter = model.kind() == ModelRegistered.Kind.ADAPTER;
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("base", path(store, adapter ? model.base() : model.model()));
    if (adapter) {
      request.put("adapter", path(store, model.model()));
      // Added to the numbers that it was trained beside.
      if (model.lineage().spec().quantization() != null) {
        request.put("trained", model.lineage().spec().quantization().weightForm());
      }
    }
    request.put("target", target.toAbsolutePath().toString());
    request.put("format", format.toString());
    request.put("type", type);
    request.put("name", model.modelId());
    request.put("baseName", baseName(model));
    request.put("settings", settings(model));
    request.put("metrics", model.metrics());
    request.put("lineage", lineage(model));
    if (model.warnings() != null) {
      request.put("notes", model.warnings().stream().map(Warning::message).toList());
    }
    return request;
  }

  private String baseName(ModelRegistered model) {
    if (base != null) {
      return base;
    }
    return model.baseName() == null ? model.baseModel() : model.baseName();
  }

  private static String path(ArtifactStore store, ArtifactRef ref) throws IOException {
    return (ref.kind() == ArtifactRef.Kind.FOLDER
            ? store.localFolder(ref.digest())
            : store.localFile(ref.digest()))
        .toString();
  }

  private static Map<String, String> settings(ModelRegistered model) {
    Map<String, String> settings = new TreeMap<>();
    JSON.valueToTree(model.lineage().spec())
        .properties()
        .forEach(field -> settings.put(field.getKey(), text(field.getValue())));
    return settings;
  }

  private static String text(JsonNode value) {
    return value.isTextual() ? value.textValue() : value.toString();
  }

  private static Map<String, String> lineage(ModelRegistered model) {
    Map<String, String> lineage = new TreeMap<>();
    lineage.put("model", model.model().digest());
    lineage.put("dataset", model.lineage().datasetDigest());
    if (model.lineage().baseModelDigest() != null) {
      lineage.put("base model", model.lineage().baseModelDigest());
    }
    if (model.lineage().parentAdapterDigest() != null) {
      lineage.put("parent adapter", model.lineage().parentAdapterDigest());
      lineage.put("parent model", model.baseModel());
    }
    lineage.put("seed", Long.toString(model.lineage().seed()));
    lineage.put("code version", model.lineage().codeVersion());
    lineage.put("job", model.jobId());
    return lineage;
  }

  /** The store has checked the files against their digests. */
  private List<String> copy(Path source) throws IOException {
    List<String> files = new ArrayList<>();
    try (Stream<Path> inside = Files.walk(source)) {
      for (Path file : inside.filter(Files::isRegularFile).sorted().toList()) {
        String name = source.relativize(file).toString();
        Path copy = target.resolve(name);
        Files.createDirectories(copy.getParent());
        // Not Files.copy from the path: that would keep the store's read-only mark.
        try (java.io.InputStream in = Files.newInputStream(file)) {
          Files.copy(in, copy);
        }
        files.add(name);
      }
    } catch (java.io.UncheckedIOException e) {
      throw e.getCause();
    }
    return files;
  }
}
