package io.affinage.cli.command;

import io.affinage.cli.Affinage;
import io.affinage.cli.ExitCode;
import io.affinage.cli.client.JobView;
import io.affinage.cli.run.Session;
import io.affinage.cli.terminal.Table;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

/** {@code affinage jobs}. */
@Command(name = "jobs", description = "List the training jobs.")
public final class JobsCommand implements Callable<Integer> {
  @ParentCommand private Affinage root;

  @Override
  public Integer call() throws Exception {
    try (Session session = Session.open(root, Set.of())) {
      List<JobView> jobs = List.copyOf(session.view().jobs());
      Table table = new Table("job", "status", "attempt", "dataset", "step", "loss", "result");
      List<Map<String, Object>> json = new ArrayList<>();
      for (JobView job : jobs) {
        table.row(
            job.jobId(),
            job.status().name().toLowerCase(Locale.ROOT),
            Integer.toString(job.attempt()),
            job.datasetName(),
            job.progress() == null
                ? "-"
                : job.progress().step() + "/" + job.progress().totalSteps(),
            job.progress() == null || job.progress().trainLoss() == null
                ? "-"
                : String.format(Locale.ROOT, "%.3f", job.progress().trainLoss()),
            job.model() != null
                ? job.model().modelId()
                : job.error() != null ? job.error().code() : "-");
        json.add(json(job));
      }
      root.terminal()
          .result(
              Map.of("jobs", json),
              jobs.isEmpty() ? List.of("No jobs yet. Try ./affinage demo") : table.lines());
      return ExitCode.OK.status();
    }
  }

  private static Map<String, Object> json(JobView job) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("id", job.jobId());
    json.put("status", job.status().name().toLowerCase(Locale.ROOT));
    json.put("attempt", job.attempt());
    json.put("dataset", job.datasetName());
    json.put("base_model", job.baseModel());
    json.put("step", job.progress() == null ? null : job.progress().step());
    json.put("total_steps", job.progress() == null ? null : job.progress().totalSteps());
    json.put("train_loss", job.progress() == null ? null : job.progress().trainLoss());
    json.put("model", job.model() == null ? null : job.model().modelId());
    json.put("error", job.error());
    return json;
  }
}
