package io.affinage.cli.command;

import io.affinage.cli.Affinage;
import io.affinage.cli.CliException;
import io.affinage.cli.ExitCode;
import io.affinage.cli.client.ModelView;
import io.affinage.cli.run.Session;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code affinage export}. */
@Command(
    name = "export",
    description =
        "Copy a model's folder out of the store: a PEFT adapter, or a Hugging Face model.")
public final class ExportCommand implements Callable<Integer> {
  @ParentCommand private Affinage root;

  @Parameters(index = "0", paramLabel = "MODEL", description = "A model's id, or a part of it.")
  private String id;

  @Parameters(index = "1", paramLabel = "DIR", description = "An empty or a new folder.")
  private Path target;

  @Override
  public Integer call() throws Exception {
    requireEmpty();
    try (Session session = Session.open(root, Set.of())) {
      ModelView model = ModelChoice.find(session.view(), id);
      Path source = session.store().localFolder(model.registered().model().digest());
      List<String> files = copy(source);
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("model", model.registered().modelId());
      json.put("folder", target.toAbsolutePath().toString());
      json.put("files", files);
      root.terminal()
          .result(
              json,
              List.of(
                  "%s: %d files in %s"
                      .formatted(model.registered().modelId(), files.size(), target),
                  "  " + String.join(", ", files)));
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
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return files;
  }
}
