package io.affinage.cli.command;

import io.affinage.cli.Affinage;
import io.affinage.cli.CliException;
import io.affinage.cli.ExitCode;
import io.affinage.cli.run.DataRules;
import io.affinage.cli.run.DatasetRemarks;
import io.affinage.cli.run.LocalFiles;
import io.affinage.cli.run.RunFollower;
import io.affinage.cli.run.RunOutcome;
import io.affinage.cli.run.RunRequest;
import io.affinage.cli.run.Session;
import io.affinage.cli.stack.ServiceKind;
import io.affinage.events.DatasetFormat;
import io.affinage.events.DatasetLayout;
import io.affinage.events.DatasetReady;
import io.affinage.events.KeptAnswers;
import io.affinage.events.NameRule;
import io.affinage.events.SplitPolicy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code affinage submit}. */
@Command(
    name = "submit",
    description = "Hand in a dataset: store the file, send dataset.submitted, wait for the report.")
public final class SubmitCommand implements Callable<Integer> {
  @ParentCommand private Affinage root;

  @Parameters(paramLabel = "DATA", description = "A JSONL, JSON, CSV, Parquet or text file.")
  private Path data;

  @Option(
      names = "--name",
      required = true,
      description = "The dataset's name: letters, digits, '.', '_', '-'.")
  private String name;

  @Option(
      names = "--format",
      defaultValue = "AUTO",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private DatasetFormat format;

  @Option(
      names = "--layout",
      defaultValue = "AUTO",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private DatasetLayout layout;

  @Option(
      names = "--column",
      paramLabel = "FROM=TO",
      description = "Rename a column of the file to the layout's name; may be repeated.")
  private Map<String, String> columns;

  @Option(
      names = "--constant",
      paramLabel = "COLUMN=TEXT",
      description = "Give every row a column that the file lacks; may be repeated.")
  private Map<String, String> constants;

  @Option(
      names = "--validation",
      paramLabel = "SHARE",
      defaultValue = "0",
      description = "Share of rows for evaluation during training (default: ${DEFAULT-VALUE}).")
  private double validation;

  @Option(
      names = "--test",
      paramLabel = "SHARE",
      defaultValue = "0.1",
      description = "Share of rows held out for the evaluation (default: ${DEFAULT-VALUE}).")
  private double test;

  @Option(
      names = "--strict",
      description = "Let one bad row, or one that would be put right, reject the dataset.")
  private boolean strict;

  @Option(
      names = "--encoding",
      description =
          "Encoding of a text file, for example windows-1252; UTF-8 or its byte order mark's otherwise.")
  private String encoding;

  @Option(
      names = "--separator",
      description =
          "The character between the fields of a CSV file (or 'tab'), or the line between the documents of plain text; detected otherwise.")
  private String separator;

  @Option(
      names = "--keep",
      description =
          "Of preference data, keep ${COMPLETION-CANDIDATES} answers only, as rows to learn from.")
  private KeptAnswers keep;

  @Override
  public Integer call() throws Exception {
    LocalFiles.requireData(data);
    if (!NameRule.NAME.allows(name)) {
      throw usage("--name must be " + NameRule.NAME.words() + ".");
    }
    if (!(validation >= 0 && test >= 0 && validation + test < 1)) {
      throw usage("--validation and --test must be shares that together leave rows to train on.");
    }
    try (Session session = Session.open(root, Set.of(ServiceKind.DATASET))) {
      RunRequest request =
          new RunRequest(
              name,
              LocalFiles.importData(session.store(), data, columns, constants),
              new DataRules(
                  format,
                  layout,
                  new SplitPolicy(validation, test, ""),
                  strict,
                  encoding,
                  separator,
                  keep),
              List.of());
      RunOutcome outcome = new RunFollower(session, root.terminal()).complete(request);
      DatasetReady ready = outcome.run().dataset().orElseThrow();
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("dataset", ready.dataset().digest());
      json.put("name", ready.name());
      json.put("layout", ready.layout());
      json.put("counts", ready.counts());
      json.put("splits", ready.splits());
      json.put("unused_columns", ready.unusedColumns());
      json.put("notes", ready.notes());
      json.put("keep", ready.keep());
      json.put("reused", outcome.reused());
      List<String> lines = new ArrayList<>();
      lines.add(
          "%s is ready%s: %s"
              .formatted(
                  ready.name(),
                  outcome.reused() ? " (the same submission was made before)" : "",
                  ready.dataset().digest()));
      lines.add(
          "  layout %s; read %,d, accepted %,d, duplicates %,d, quarantined %,d, left out %,d"
              .formatted(
                  ready.layout(),
                  ready.counts().read(),
                  ready.counts().accepted(),
                  ready.counts().duplicates(),
                  ready.counts().quarantined(),
                  ready.counts().leftOut()));
      lines.add("  splits " + ready.splits());
      DatasetRemarks.lines(ready).forEach(line -> lines.add("  " + line));
      lines.add("  files  " + session.store().localFolder(ready.dataset().digest()));
      root.terminal().result(json, lines);
      return ExitCode.OK.status();
    }
  }

  private static CliException usage(String message) {
    return new CliException(ExitCode.USAGE, "usage", message);
  }
}
