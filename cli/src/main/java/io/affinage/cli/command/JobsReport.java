package io.affinage.cli.command;

import io.affinage.cli.client.JobView;
import io.affinage.cli.terminal.Table;
import io.affinage.events.Warning;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Training jobs for people and for programs. */
record JobsReport(List<JobView> jobs) {
  /** Enough for what is wrong and where; programs get the whole. */
  private static final int MESSAGE_CHARACTERS = 240;

  /** A table, and below it why jobs failed or wait and what is to be known of the others. */
  List<String> lines() {
    if (jobs.isEmpty()) {
      return List.of("No jobs yet. Try ./affinage demo");
    }
    Table table = new Table("job", "status", "attempt", "dataset", "step", "loss", "result");
    List<String> reasons = new ArrayList<>();
    for (JobView job : jobs) {
      table.row(
          job.jobId(),
          job.waiting() != null ? "waiting" : job.status().name().toLowerCase(Locale.ROOT),
          Integer.toString(job.attempt()),
          job.datasetName(),
          job.progress() == null ? "-" : job.progress().step() + "/" + job.progress().totalSteps(),
          job.progress() == null || job.progress().trainLoss() == null
              ? "-"
              : String.format(Locale.ROOT, "%.3f", job.progress().trainLoss()),
          job.model() != null
              ? job.model().modelId()
              : job.error() != null ? job.error().code() : "-");
      if (job.waiting() != null) {
        reasons.add(job.jobId() + " waits: " + oneLine(job.waiting().message()));
      }
      if (job.error() != null) {
        reasons.add(job.jobId() + ": " + oneLine(job.error().message()));
      }
      for (Warning warning : job.warnings()) {
        reasons.add(
            "%s: warning: %s [%s]"
                .formatted(job.jobId(), oneLine(warning.message()), warning.code()));
      }
    }
    List<String> lines = new ArrayList<>(table.lines());
    if (!reasons.isEmpty()) {
      lines.add("");
      lines.addAll(reasons);
    }
    return lines;
  }

  private static String oneLine(String message) {
    String line = message.strip().replaceAll("\\s+", " ");
    if (line.length() <= MESSAGE_CHARACTERS) {
      return line;
    }
    int space = line.lastIndexOf(' ', MESSAGE_CHARACTERS);
    return line.substring(0, space > 0 ? space : MESSAGE_CHARACTERS) + " ... (whole with --json)";
  }

  /** Every job with its whole error. */
  List<Map<String, Object>> json() {
    return jobs.stream().map(JobsReport::json).toList();
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
    json.put("warnings", job.warnings());
    json.put("waiting", job.waiting());
    return json;
  }
}
