package io.affinage.cli.command;

import io.affinage.cli.Affinage;
import io.affinage.cli.ExitCode;
import io.affinage.cli.client.Interest;
import io.affinage.cli.run.Session;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

/** {@code affinage jobs}. */
@Command(name = "jobs", description = "List the training jobs, and why jobs failed.")
public final class JobsCommand implements Callable<Integer> {
  @ParentCommand private Affinage root;

  @Override
  public Integer call() throws Exception {
    try (Session session = Session.open(root, Set.of())) {
      JobsReport report = new JobsReport(List.copyOf(session.view(Interest.JOBS).jobs()));
      root.terminal().result(Map.of("jobs", report.json()), report.lines());
      return ExitCode.OK.status();
    }
  }
}
