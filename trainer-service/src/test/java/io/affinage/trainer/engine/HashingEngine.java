package io.affinage.trainer.engine;

import io.affinage.events.ContentIds;
import io.affinage.events.Warning;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An engine whose weights are a hash: every step hashes them together with the data, so that the
 * result tells whether each step was done once and in order. Steps wait for permits when asked to.
 */
public final class HashingEngine implements TrainingEngine {
  private final Semaphore permits = new Semaphore(0);
  private final AtomicInteger runs = new AtomicInteger();
  private final AtomicInteger running = new AtomicInteger();
  private final AtomicInteger stepsDone = new AtomicInteger();
  private volatile boolean gated;
  private volatile boolean deaf;
  private volatile boolean stopped;
  private volatile TrainingException failure;

  /** From now on a step is only done for a permit. */
  public HashingEngine gated() {
    permits.drainPermits();
    gated = true;
    return this;
  }

  /** As {@link #gated}, and hears no stop meanwhile, like a process that stands still. */
  public HashingEngine stalled() {
    deaf = true;
    return gated();
  }

  /** Lets this many steps pass. */
  public void permit(int steps) {
    permits.release(steps);
  }

  /** Lets all steps pass. */
  public void open() {
    gated = false;
    permits.release(1_000_000);
  }

  /** Every run fails from now on; null for no more. */
  public void fail(TrainingException with) {
    failure = with;
  }

  /** Runs begun. */
  public int runs() {
    return runs.get();
  }

  /** Whether a run was told to stop before its end, and did. */
  public boolean stopped() {
    return stopped;
  }

  /** Steps done by all runs. */
  public int stepsDone() {
    return stepsDone.get();
  }

  @Override
  public Preflight preflight(
      TrainingJob job, Path datasetFolder, Optional<BaseFolders> base, Path workFolder)
      throws TrainingException {
    if (failure != null) {
      throw failure;
    }
    return new Preflight(
        "hash",
        false,
        Map.of("steps", (double) (job.spec().maxSteps() == null ? 3 : job.spec().maxSteps())),
        new Preflight.Memory(1, 2, 3, 4, 5, 6L, 7),
        new Preflight.Seconds(1.5, null, null),
        List.of("this is no model"),
        List.of(new Warning("no_model", "nothing is learned")));
  }

  @Override
  public EngineOutcome run(
      TrainingJob job,
      Path datasetFolder,
      Optional<BaseFolders> base,
      Optional<Path> resumeFrom,
      Path workFolder,
      EngineListener listener)
      throws TrainingException {
    runs.incrementAndGet();
    running.incrementAndGet();
    try {
      String data = Files.readString(datasetFolder.resolve("train.jsonl"));
      int total = job.spec().maxSteps();
      int step = 0;
      String weights = "zero";
      if (resumeFrom.isPresent()) {
        String[] state = Files.readString(resumeFrom.get().resolve("state")).split(" ");
        step = Integer.parseInt(state[0]);
        weights = state[1];
      }
      while (step < total) {
        if (failure != null) {
          throw failure;
        }
        if (!await(listener)) {
          return stop(step, weights, workFolder, listener);
        }
        weights = ContentIds.of(weights, data, job.spec().seed());
        step++;
        stepsDone.incrementAndGet();
        listener.onStep(
            new EngineProgress(
                step,
                total,
                1.0 / step,
                1e-4,
                step * 100L,
                50.0,
                1.0 * (total - step),
                Map.of(),
                List.of(),
                Optional.empty()));
        if (step < total && step % job.spec().checkpointEverySteps() == 0) {
          checkpoint(step, weights, workFolder, listener);
        }
        if (step < total && listener.shouldStop()) {
          return stop(step, weights, workFolder, listener);
        }
      }
      Path model = Files.createDirectories(workFolder.resolve("model"));
      Files.writeString(model.resolve("adapter_model.safetensors"), weights);
      return new EngineOutcome.Completed(
          model, true, total * 100L, Map.of("train_loss", 1.0 / total), List.of());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      running.decrementAndGet();
    }
  }

  @Override
  public EngineOutcome rerun(
      TrainingJob job,
      Path datasetFolder,
      Optional<BaseFolders> base,
      Path workFolder,
      EngineListener listener)
      throws TrainingException {
    if (isBusy()) {
      throw new TrainingException("trainer_busy", "this trainer runs a job", null);
    }
    return run(job, datasetFolder, base, Optional.empty(), workFolder, listener);
  }

  @Override
  public boolean isBusy() {
    return running.get() > 0;
  }

  /** False when the run should stop while it waits. */
  private boolean await(EngineListener listener) {
    while (gated) {
      try {
        if (permits.tryAcquire(20, java.util.concurrent.TimeUnit.MILLISECONDS)) {
          return true;
        }
      } catch (InterruptedException e) {
        throw new IllegalStateException("killed", e);
      }
      if (!deaf && listener.shouldStop()) {
        return false;
      }
    }
    return true;
  }

  private EngineOutcome stop(int step, String weights, Path workFolder, EngineListener listener)
      throws IOException {
    checkpoint(step, weights, workFolder, listener);
    stopped = true;
    return new EngineOutcome.Stopped(step);
  }

  private static void checkpoint(int step, String weights, Path workFolder, EngineListener listener)
      throws IOException {
    Path folder = Files.createDirectories(workFolder.resolve("checkpoint-" + step));
    Files.writeString(folder.resolve("state"), step + " " + weights);
    listener.onCheckpoint(step, folder, step == 0 ? null : 1.0 / step);
  }

  /** What an undisturbed run of this many steps ends in. */
  public static String weights(String data, int steps, long seed) {
    String weights = "zero";
    for (int step = 0; step < steps; step++) {
      weights = ContentIds.of(weights, data, seed);
    }
    return weights;
  }
}
