package io.affinage.cli.run;

import io.affinage.artifacts.ArtifactStore;
import io.affinage.cli.client.EventView;
import io.affinage.cli.client.JobView;
import io.affinage.cli.client.PassProgress;
import io.affinage.cli.client.RunView;
import io.affinage.cli.client.SampledProgress;
import io.affinage.cli.terminal.Bar;
import io.affinage.cli.terminal.Terminal;
import io.affinage.events.DatasetReady;
import io.affinage.events.EvaluationProgressed;
import io.affinage.events.ModelRegistered;
import io.affinage.events.TrainingProgressed;
import io.affinage.events.Warning;
import java.io.IOException;
import java.util.HashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Shows how far a run is: a bar on a terminal, a line now and then elsewhere. */
final class RunProgress {
  private static final long LINE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final Terminal terminal;
  private final RunRequest request;
  private final EventView view;
  private final ArtifactStore store;
  private final long start = System.nanoTime();
  private final Set<String> told = new HashSet<>();
  private long lastLine = System.nanoTime();
  private String lastShown = "";

  RunProgress(Terminal terminal, RunRequest request, EventView view, ArtifactStore store) {
    this.terminal = terminal;
    this.request = request;
    this.view = view;
    this.store = store;
  }

  void show(RunView run) {
    run.dataset().ifPresent(this::tellDataset);
    run.jobs().stream().flatMap(id -> view.job(id).stream()).forEach(this::tellAttempts);
    run.jobs().stream().flatMap(id -> view.job(id).stream()).forEach(this::tellWarnings);
    run.models().forEach(this::tellModel);
    run.decisions()
        .forEach(
            (evaluation, decision) ->
                once(
                    evaluation,
                    (decision.promoted() ? "promoted  " : "rejected  ") + decision.reason()));
    if (!run.isDone(request.trainings(), request.evaluations())) {
      current(state(run));
    }
  }

  /** What was read, and the first of the bad rows. */
  void tellDataset(DatasetReady ready) {
    once(
        "dataset",
        "dataset   %s: %,d rows read, %,d used (%s)%s"
            .formatted(
                ready.name(),
                ready.counts().read(),
                ready.counts().accepted(),
                splits(ready),
                leftOut(ready)));
    if (told.add("remarks")) {
      DatasetRemarks.lines(ready).forEach(line -> terminal.note("          " + line));
    }
    tellQuarantine(ready);
  }

  private void tellQuarantine(DatasetReady ready) {
    if (!told.add("quarantine")) {
      return;
    }
    try {
      Quarantine.lines(ready, store).forEach(line -> terminal.note("          " + line));
    } catch (IOException e) {
      terminal.note("          the quarantine cannot be read: " + e.getMessage());
    }
  }

  private static String splits(DatasetReady ready) {
    return ready.splits().entrySet().stream()
        .filter(split -> split.getValue() > 0)
        .sorted(java.util.Map.Entry.<String, Long>comparingByValue().reversed())
        .map(split -> "%,d %s".formatted(split.getValue(), split.getKey()))
        .collect(java.util.stream.Collectors.joining(", "));
  }

  private static String leftOut(DatasetReady ready) {
    long duplicates = ready.counts().duplicates();
    long quarantined = ready.counts().quarantined();
    return (duplicates > 0
            ? ", %,d %s left out".formatted(duplicates, many(duplicates, "duplicate"))
            : "")
        + (ready.counts().leftOut() > 0
            ? ", %,d not wanted".formatted(ready.counts().leftOut())
            : "")
        + (quarantined > 0
            ? ", %,d %s in quarantine".formatted(quarantined, many(quarantined, "bad row"))
            : "");
  }

  private static String many(long count, String noun) {
    return count == 1 ? noun : noun + "s";
  }

  private void tellAttempts(JobView job) {
    if (job.attempt() > 1) {
      once(
          job.jobId() + job.attempt(),
          "training  attempt %d of %s runs on %s"
              .formatted(job.attempt(), job.jobId(), job.workerId()));
    }
  }

  private void tellWarnings(JobView job) {
    for (Warning warning : job.warnings()) {
      once(job.jobId() + warning, "warning   %s [%s]".formatted(warning.message(), warning.code()));
    }
  }

  private void tellModel(ModelRegistered model) {
    Double loss = model.metrics().get("train_loss");
    once(
        model.modelId(),
        "model     %s: %,d tokens trained%s in %s"
            .formatted(
                model.modelId(),
                model.trainedTokens(),
                loss == null ? "" : String.format(Locale.ROOT, ", loss %.3f,", loss),
                Bar.duration((System.nanoTime() - start) / 1e9)));
  }

  private String state(RunView run) {
    if (run.dataset().isEmpty()) {
      return "dataset   reading " + request.name();
    }
    Optional<JobView> training =
        run.jobs().stream()
            .flatMap(id -> view.job(id).stream())
            .filter(job -> !job.status().isFinal())
            .findFirst();
    if (training.isEmpty() && run.evaluating()) {
      if (run.evaluationWaiting().isPresent()) {
        return "evaluate  waits: " + run.evaluationWaiting().get().message();
      }
      return run.evaluationProgress().map(RunProgress::line).orElse("evaluate  starting");
    }
    return training
        .map(
            job ->
                job.waiting() != null
                    ? "train     waits: " + job.waiting().message()
                    : job.progress() != null
                        ? line(job.progress())
                        : job.status() == JobView.Status.RUNNING
                            ? "train     preparing"
                            : "train     waiting for a trainer")
        .orElse("train     waiting");
  }

  private static String line(EvaluationProgressed at) {
    return "evaluate  %s %d/%d %s"
        .formatted(Bar.of(at.done(), at.total()), at.done(), at.total(), at.variant());
  }

  private static String line(TrainingProgressed at) {
    StringBuilder line =
        new StringBuilder(
            "train     %s %d/%d"
                .formatted(Bar.of(at.step(), at.totalSteps()), at.step(), at.totalSteps()));
    Optional<SampledProgress> sampled = SampledProgress.of(at);
    if (sampled.isPresent()) {
      line.append("  ").append(sampled.get().text());
    } else if (at.trainLoss() != null) {
      line.append(String.format(Locale.ROOT, "  loss %.3f", at.trainLoss()));
    }
    if (at.pass() != null) {
      line.append("  ").append(PassProgress.text(at.pass()));
    }
    if (at.tokensPerSecond() != null) {
      line.append(String.format(Locale.ROOT, "  %,.0f tokens/s", at.tokensPerSecond()));
    }
    if (at.etaSeconds() != null) {
      line.append("  eta ").append(Bar.duration(at.etaSeconds()));
    }
    return line.toString();
  }

  private void once(String key, String line) {
    if (told.add(key)) {
      terminal.note(line);
      lastLine = System.nanoTime();
    }
  }

  private void current(String line) {
    if (terminal.interactive()) {
      terminal.status(line);
    } else if (!line.equals(lastShown) && System.nanoTime() - lastLine > LINE_NANOS) {
      lastShown = line;
      lastLine = System.nanoTime();
      terminal.note(line);
    }
  }
}
