package io.affinage.cli.command;

import io.affinage.cli.client.JobView;
import io.affinage.cli.client.SampledProgress;
import io.affinage.cli.terminal.Table;
import io.affinage.events.Warning;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Training jobs for people and for programs. */
record JobsReport(List<JobView> jobs) {
  /** Enough for what is wrong and where; programs get the whole. */
  private static final int MESSAGE_CHARACTERS = 240;

  /** A table, and below it why jobs failed or wait and what is to be known of the others. */
  List<String> lines() {
    if (jobs.isEmpty()) {
      return List.of("No jobs yet. Try ./affinage demo");
    }
    // Only where some job samples answers.
    boolean sampled = jobs.stream().anyMatch(job -> SampledProgress.of(job.progress()).isPresent());
    Table table = new Table(columns(sampled).toArray(String[]::new));
    List<String> reasons = new ArrayList<>();
    for (JobView job : jobs) {
      table.row(row(job, sampled).toArray(String[]::new));
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

  private static List<String> columns(boolean sampled) {
    List<String> columns =
        new ArrayList<>(List.of("job", "status", "attempt", "dataset", "step", "loss"));
    if (sampled) {
      columns.addAll(List.of("iteration", "reward", "kl"));
    }
    columns.add("result");
    return columns;
  }

  private static List<String> row(JobView job, boolean sampled) {
    List<String> row = new ArrayList<>();
    row.add(job.jobId());
    row.add(job.waiting() != null ? "waiting" : job.status().name().toLowerCase(Locale.ROOT));
    row.add(Integer.toString(job.attempt()));
    row.add(job.datasetName());
    row.add(
        job.progress() == null ? "-" : job.progress().step() + "/" + job.progress().totalSteps());
    row.add(
        job.progress() == null || job.progress().trainLoss() == null
            ? "-"
            : String.format(Locale.ROOT, "%.3f", job.progress().trainLoss()));
    if (sampled) {
      Optional<SampledProgress> told = SampledProgress.of(job.progress());
      row.add(told.isEmpty() ? "-" : Integer.toString(job.iteration()));
      row.add(told.map(SampledProgress::rewardText).orElse("-"));
      row.add(told.map(SampledProgress::klText).orElse("-"));
    }
    row.add(
        job.model() != null
            ? job.model().modelId()
            : job.error() != null ? job.error().code() : "-");
    return row;
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
    Optional<SampledProgress> sampled = SampledProgress.of(job.progress());
    json.put("iteration", sampled.isEmpty() ? null : job.iteration());
    json.put("reward", sampled.map(SampledProgress::reward).orElse(null));
    json.put("kl", sampled.map(SampledProgress::kl).orElse(null));
    json.put("model", job.model() == null ? null : job.model().modelId());
    json.put("error", job.error());
    json.put("warnings", job.warnings());
    json.put("waiting", job.waiting());
    return json;
  }
}
