package io.affinage.trainer.work;

import io.affinage.artifacts.Artifact;
import io.affinage.artifacts.ArtifactStore;
import io.affinage.events.TrainingProgressed;
import io.affinage.events.Warning;
import io.affinage.trainer.engine.EngineBlock;
import io.affinage.trainer.engine.EngineListener;
import io.affinage.trainer.engine.EngineProgress;
import io.affinage.trainer.engine.Preflight;
import io.affinage.trainer.engine.TrainingException;
import io.affinage.trainer.job.Refs;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Tells the log what the engine tells: progress throttled, checkpoints by reference. */
final class AttemptListener implements EngineListener {
  private static final Logger LOG = System.getLogger(AttemptListener.class.getName());

  private static final Duration FIRST_PAUSE = Duration.ofSeconds(2);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

  /** The least time between two signs of a pass over blocks. */
  private static final Duration PASS_PAUSE = Duration.ofSeconds(2);

  private static final EngineProgress NOTHING =
      new EngineProgress(0, 0, null, null, 0, null, null, Map.of(), List.of(), Optional.empty());

  private final String jobId;
  private final AttemptLease attemptLease;
  private final ArtifactStore artifacts;
  private final WorkMetrics metrics;
  private final long progressEveryNanos;
  private final Supplier<Optional<StopReason>> stop;
  private final StoreRetry store;
  private final AttemptRecord record;
  private volatile int step;
  private volatile Optional<StopReason> stoppedFor = Optional.empty();
  private final List<Warning> warnings = new ArrayList<>();
  private long lastProgress;
  private boolean anyProgress;
  private final Object passes = new Object();
  private boolean anyPass;
  private long lastPass;
  private volatile EngineProgress told = NOTHING;
  private Optional<Unstored> unstored = Optional.empty();
  private int storedStep = -1;

  /**
   * A checkpoint that the store did not take.
   *
   * @param tryAt when to try again, by {@link System#nanoTime}
   */
  private record Unstored(int step, Path folder, Double trainLoss, Duration pause, long tryAt) {
    Unstored later() {
      Duration longer = pause.multipliedBy(2);
      return new Unstored(
          step,
          folder,
          trainLoss,
          longer.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : longer,
          System.nanoTime() + pause.toNanos());
    }
  }

  AttemptListener(
      String jobId,
      AttemptLease attemptLease,
      ArtifactStore artifacts,
      WorkMetrics metrics,
      Duration progressEvery,
      Supplier<Optional<StopReason>> stop,
      StoreRetry store,
      AttemptRecord record) {
    this.record = record;
    this.jobId = jobId;
    this.store = store;
    this.attemptLease = attemptLease;
    this.artifacts = artifacts;
    this.metrics = metrics;
    this.progressEveryNanos = progressEvery.toNanos();
    this.stop = stop;
  }

  @Override
  public AttemptRecord record() {
    return record;
  }

  /** Told as progress of step 0, so that whoever follows the job sees it before it begins. */
  @Override
  public void onPreflight(int totalSteps, Preflight preflight) {
    attemptLease.progressed(
        remembered(
            new EngineProgress(
                0,
                totalSteps,
                null,
                null,
                0,
                null,
                preflight.metrics().get("preflight_seconds"),
                preflight.metrics(),
                preflight.warnings(),
                Optional.empty())));
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

  private EngineProgress remembered(EngineProgress progress) {
    // What is told of a pass repeats the numbers of the last step, but not its warnings.
    told =
        new EngineProgress(
            progress.step(),
            progress.totalSteps(),
            progress.trainLoss(),
            progress.learningRate(),
            progress.tokensSeen(),
            progress.tokensPerSecond(),
            progress.etaSeconds(),
            progress.metrics(),
            List.of(),
            Optional.empty());
    return progress;
  }

  @Override
  public void onQuantized(int done, int of) {
    within(new TrainingProgressed.Pass("quantize", done, of));
  }

  @Override
  public void onBlock(EngineBlock block) {
    metrics.block(block);
    within(
        new TrainingProgressed.Pass(
            block.backward() ? "backward" : "forward", block.done(), block.layers()));
  }

  /** Told once in a while: blocks come from several threads, and many a second of small models. */
  private void within(TrainingProgressed.Pass pass) {
    synchronized (passes) {
      long now = System.nanoTime();
      if (anyPass && now - lastPass < Math.max(progressEveryNanos, PASS_PAUSE.toNanos())) {
        return;
      }
      anyPass = true;
      lastPass = now;
    }
    attemptLease.progressed(told.within(pass));
  }

  @Override
  public void onStep(EngineProgress progress) {
    step = progress.step();
    remembered(progress);
    metrics.step(progress);
    storeWhatIsLeft();
    long now = System.nanoTime();
    boolean last = progress.step() == progress.totalSteps();
    boolean due = !anyProgress || last || now - lastProgress >= progressEveryNanos;
    if (due || !warnings.isEmpty()) {
      anyProgress = true;
      lastProgress = now;
      attemptLease.progressed(progress.warning(warnings));
      warnings.clear();
    }
  }

  /**
   * A checkpoint that cannot be stored costs at most the work since the one before, so training
   * goes on, and it is tried again after later steps. The one that a stop leaves behind holds what
   * would be lost, so it is waited for. One that is stored already is told again by a run that
   * stops before its next step.
   */
  @Override
  public void onCheckpoint(int atStep, Path folder, Double trainLoss) {
    if (atStep == storedStep) {
      return;
    }
    unstored = Optional.empty();
    Unstored made = new Unstored(atStep, folder, trainLoss, FIRST_PAUSE, System.nanoTime());
    boolean last =
        stoppedFor.isPresent()
            && stoppedFor.get() != StopReason.LOST
            && stoppedFor.get() != StopReason.CANCELLED;
    if (last) {
      insist(made);
    } else if (!stored(made)) {
      metrics.checkpointMissed();
      unstored = Optional.of(made.later());
    }
  }

  private void insist(Unstored made) {
    try {
      store.insist(
          "store the checkpoint of step " + made.step(),
          () -> {
            store(made);
            return made;
          });
    } catch (TrainingException e) {
      LOG.log(
          Level.WARNING,
          "Checkpoint at step {0} of job {1} is lost: {2}",
          made.step(),
          jobId,
          e.getMessage());
      metrics.checkpointMissed();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new WaitEndedException(StopReason.SHUTDOWN);
    }
  }

  private boolean stored(Unstored made) {
    try {
      store(made);
      return true;
    } catch (IOException e) {
      LOG.log(
          Level.WARNING,
          "Checkpoint at step {0} of job {1} could not be stored, training goes on: {2}",
          made.step(),
          jobId,
          e.toString());
      return false;
    }
  }

  private void store(Unstored made) throws IOException {
    long start = System.nanoTime();
    Artifact stored = artifacts.putFolder(made.folder());
    attemptLease.checkpointed(made.step(), Refs.of(stored), made.trainLoss());
    storedStep = made.step();
    metrics.checkpointStored(Duration.ofNanos(System.nanoTime() - start));
  }

  /** The engine removes older checkpoints when it makes new ones, so this one may be gone. */
  private void storeWhatIsLeft() {
    if (unstored.isEmpty() || System.nanoTime() - unstored.get().tryAt() < 0) {
      return;
    }
    Unstored left = unstored.get();
    unstored =
        Files.isDirectory(left.folder()) && !stored(left)
            ? Optional.of(left.later())
            : Optional.empty();
  }

  @Override
  public void onCheckpointMissed(int atStep, Exception failure) {
    metrics.checkpointMissed();
    LOG.log(
        Level.WARNING,
        "Checkpoint at step {0} of job {1} could not be written, training goes on: {2}",
        atStep,
        jobId,
        failure.getMessage());
  }

  @Override
  public void awaitRoom(String what, int tries, TrainingException failure) {
    try {
      store.awaitRoom(what, tries, failure);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new WaitEndedException(StopReason.SHUTDOWN);
    }
  }

  @Override
  public void onRoom(String what, int tries) {
    store.goOn(what, tries);
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
