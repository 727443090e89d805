package io.affinage.trainer.work;

import io.affinage.artifacts.Artifact;
import io.affinage.artifacts.ArtifactStore;
import io.affinage.events.Warning;
import io.affinage.trainer.engine.Preflight;
import io.affinage.trainer.engine.TrainingListener;
import io.affinage.trainer.engine.TrainingProgress;
import io.affinage.trainer.job.Refs;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Tells the log what the engine tells: progress throttled, checkpoints by reference. */
final class AttemptListener implements TrainingListener {
  private static final Logger LOG = System.getLogger(AttemptListener.class.getName());

  private final String jobId;
  private final Tenure tenure;
  private final ArtifactStore artifacts;
  private final WorkMetrics metrics;
  private final long progressEveryNanos;
  private final Supplier<Optional<StopReason>> stop;
  private volatile int step;
  private volatile Optional<StopReason> stoppedFor = Optional.empty();
  private final List<Warning> warnings = new ArrayList<>();
  private long lastProgress;
  private boolean anyProgress;

  AttemptListener(
      String jobId,
      Tenure tenure,
      ArtifactStore artifacts,
      WorkMetrics metrics,
      Duration progressEvery,
      Supplier<Optional<StopReason>> stop) {
    this.jobId = jobId;
    this.tenure = tenure;
    this.artifacts = artifacts;
    this.metrics = metrics;
    this.progressEveryNanos = progressEvery.toNanos();
    this.stop = stop;
  }

  /** Told as progress of step 0, so that whoever follows the job sees it before it begins. */
  @Override
  public void onPreflight(int totalSteps, Preflight preflight) {
    tenure.progressed(
        new TrainingProgress(
            0,
            totalSteps,
            null,
            null,
            0,
            null,
            preflight.metrics().get("preflight_seconds"),
            preflight.metrics(),
            preflight.warnings()));
    preflight.warnings().forEach(this::log);
  }

  /** Told with the next step, which is told at once. */
  @Override
  public void onWarning(Warning warning) {
    log(warning);
    warnings.add(warning);
  }

  private void log(Warning warning) {
    LOG.log(Level.WARNING, "Job {0}: {1}: {2}", jobId, warning.code(), warning.message());
  }

  @Override
  public void onStep(TrainingProgress progress) {
    step = progress.step();
    metrics.step(progress);
    long now = System.nanoTime();
    boolean last = progress.step() == progress.totalSteps();
    boolean due = !anyProgress || last || now - lastProgress >= progressEveryNanos;
    if (due || !warnings.isEmpty()) {
      anyProgress = true;
      lastProgress = now;
      tenure.progressed(progress.warning(warnings));
      warnings.clear();
    }
  }

  /**
   * A checkpoint that cannot be stored costs at most the work since the one before, so training
   * goes on; the failure is logged and shows as the age of the last checkpoint.
   */
  @Override
  public void onCheckpoint(int atStep, Path folder, Double trainLoss) {
    long start = System.nanoTime();
    try {
      Artifact stored = artifacts.putFolder(folder);
      tenure.checkpointed(atStep, Refs.of(stored), trainLoss);
      metrics.checkpointStored(Duration.ofNanos(System.nanoTime() - start));
    } catch (IOException e) {
      LOG.log(
          Level.WARNING,
          "Checkpoint at step {0} of job {1} could not be stored, training goes on: {2}",
          atStep,
          jobId,
          e.toString());
    }
  }

  @Override
  public boolean shouldStop() {
    if (stoppedFor.isEmpty()) {
      stoppedFor = stop.get();
    }
    return stoppedFor.isPresent();
  }

  int step() {
    return step;
  }

  /** Why the engine was told to stop; empty when it was not. */
  Optional<StopReason> stoppedFor() {
    return stoppedFor;
  }
}
