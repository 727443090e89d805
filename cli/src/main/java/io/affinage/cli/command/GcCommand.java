package io.affinage.cli.command;

import io.affinage.artifacts.StoredBlob;
import io.affinage.artifacts.Sweep;
import io.affinage.cli.Affinage;
import io.affinage.cli.CliException;
import io.affinage.cli.ExitCode;
import io.affinage.cli.run.Reached;
import io.affinage.cli.run.Session;
import io.affinage.cli.terminal.Table;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code affinage gc}. */
@Command(
    name = "gc",
    description = {
      "Remove from the artifact store what no model, dataset, file or unfinished job reaches.",
      "Kept: all that events on the topics name, but checkpoints and rollouts of jobs that have ended; whatever was stored since the oldest unfinished work began; whatever is younger than --older-than."
    })
public final class GcCommand implements Callable<Integer> {
  /** A writer names what it stored long before. */
  private static final Duration LEAST_AGE = Duration.ofHours(2);

  private static final int SHOWN = 20;

  @ParentCommand private Affinage root;

  @Option(names = "--dry-run", description = "Print what would be removed, and remove nothing.")
  private boolean dryRun;

  @Option(
      names = "--older-than",
      paramLabel = "HOURS",
      defaultValue = "24",
      description = "Keep what was stored in the last hours, at least 2 (default: 24).")
  private long hours;

  @Override
  public Integer call() throws Exception {
    Duration age = Duration.ofHours(hours);
    if (age.compareTo(LEAST_AGE) < 0) {
      throw new CliException(
          ExitCode.USAGE,
          "age_too_small",
          "--older-than must be %d or more: what is stored is named by events later."
              .formatted(LEAST_AGE.toHours()));
    }
    try (Session session = Session.open(root, Set.of())) {
      Reached reached = new Reached();
      session.readAll(reached);
      Instant before = Instant.now().minus(age);
      Instant work = reached.oldestWork().map(began -> began.minus(LEAST_AGE)).orElse(before);
      Sweep sweep =
          Sweep.of(
              session.store(), reached.digests(), work.isBefore(before) ? work : before, dryRun);
      root.terminal().result(json(sweep, reached), lines(sweep, reached));
      return ExitCode.OK.status();
    }
  }

  private Map<String, Object> json(Sweep sweep, Reached reached) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("dry_run", dryRun);
    json.put("removed", sweep.removed().stream().map(GcCommand::json).toList());
    json.put("removed_bytes", sweep.bytes());
    json.put("kept", sweep.reached());
    json.put("young", sweep.young());
    json.put("unfinished", reached.openWork());
    return json;
  }

  private static Map<String, Object> json(StoredBlob blob) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("digest", blob.digest());
    json.put("bytes", blob.size());
    json.put("stored_at", blob.storedAt().getEpochSecond());
    return json;
  }

  private List<String> lines(Sweep sweep, Reached reached) {
    List<String> lines = new ArrayList<>();
    if (!sweep.removed().isEmpty()) {
      Table table = new Table(dryRun ? "would be removed" : "removed", "size", "stored");
      sweep.removed().stream()
          .limit(SHOWN)
          .forEach(
              blob ->
                  table.row(
                      blob.digest(),
                      megabytes(blob.size()),
                      blob.storedAt().truncatedTo(ChronoUnit.SECONDS).toString()));
      lines.addAll(table.lines());
      if (sweep.removed().size() > SHOWN) {
        lines.add("and %d smaller ones".formatted(sweep.removed().size() - SHOWN));
      }
    }
    lines.add(
        "%s %d artifacts, %s; %d are in use, %d are not but too young"
            .formatted(
                dryRun ? "would remove" : "removed",
                sweep.removed().size(),
                megabytes(sweep.bytes()),
                sweep.reached(),
                sweep.young()));
    if (reached.openWork() > 0) {
      lines.add(
          "%d jobs, evaluations or submissions have not ended: what was stored since they began is kept"
              .formatted(reached.openWork()));
    }
    return lines;
  }

  private static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
  }
}
