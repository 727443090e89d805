package io.affinage.trainer.work;

import io.affinage.artifacts.ArtifactStore;
import io.affinage.events.TrainingSpec;
import io.affinage.events.lease.WorkerFitness;
import io.affinage.trainer.base.BaseModels;
import io.affinage.trainer.engine.TrainingEngine;
import io.affinage.trainer.job.Job;
import io.affinage.trainer.job.JobBoard;
import io.affinage.trainer.job.JobStatus;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;

/**
 * Works through the queue with other processes like it. One lane trains, one job at a time, oldest
 * first; a second one ends jobs that need no training, so that cancelling a queued job does not
 * wait for an idle worker.
 */
public final class Trainer {
  private static final Logger LOG = System.getLogger(Trainer.class.getName());

  /** How often leases are looked at when no event comes in. */
  private static final long GLANCE_MILLIS = 500;

  /** A job to be looked at, or nothing. */
  private interface Choice {
    Optional<Job> next();
  }

  /** The resolved specification that the claim of a job records. */
  private interface Recording {
    Optional<TrainingSpec> of(Job job);
  }

  /** What to do with a claimed job. */
  private interface Action {
    void perform(Job job, AttemptLease attemptLease)
        throws InterruptedException, AttemptLeaseLostException;
  }

  private final JobBoard board;
  private final TrainingEngine engine;
  private final Attempt attempt;
  private final WorkMetrics metrics;
  private final WorkerFitness fitness;
  private final WorkSettings settings;
  private final Thread training;
  private final Thread settling;
  private volatile boolean stopping;

  /**
   * @param trainingClaims claims of the lane that trains
   * @param settlingClaims claims under another worker id, so that the lanes cannot be mistaken for
   *     each other
   */
  public Trainer(
      JobBoard board,
      JobClaims trainingClaims,
      JobClaims settlingClaims,
      TrainingEngine engine,
      BaseModels bases,
      ArtifactStore artifacts,
      WorkMetrics metrics,
      WorkerFitness fitness,
      WorkSettings settings) {
    this.board = board;
    this.engine = engine;
    this.metrics = metrics;
    this.fitness = fitness;
    this.settings = settings;
    this.attempt = new Attempt(engine, board, bases, artifacts, metrics, fitness, settings);
    this.training =
        lane(
            "trainer-training",
            () -> loop(trainingClaims, this::nextToTrain, attempt::toRecord, this::train));
    this.settling =
        new Thread(
            () -> loop(settlingClaims, this::nextToSettle, job -> Optional.empty(), this::settle),
            "trainer-settling");
  }

  private static Thread lane(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    return thread;
  }

  /** Begins to work; the board must have caught up with the topics. */
  public void start() {
    training.start();
    settling.start();
  }

  /**
   * Stops in good order: the running attempt makes a checkpoint and releases its lease. What is not
   * done after {@code grace} is interrupted; its lease then runs out.
   */
  public void stop(Duration grace) throws InterruptedException {
    stopping = true;
    settling.interrupt();
    if (!training.isAlive()) {
      return;
    }
    training.join(Math.max(1, grace.toMillis()));
    if (training.isAlive()) {
      LOG.log(Level.WARNING, "The attempt did not stop within {0}", grace);
      training.interrupt();
      training.join(1000);
    }
    settling.join(1000);
  }

  /** Whether both lanes run. */
  public boolean alive() {
    return training.isAlive() && settling.isAlive();
  }

  private void loop(JobClaims claims, Choice choice, Recording recording, Action action) {
    while (!stopping) {
      try {
        long seen = board.changes();
        Optional<Job> next = choice.next();
        if (next.isEmpty()) {
          board.awaitChange(seen, GLANCE_MILLIS);
          continue;
        }
        if (!work(next.get(), claims, recording, action)) {
          // Lost to another worker, which the board shows, or the log is away.
          board.awaitChange(seen, GLANCE_MILLIS);
        }
      } catch (InterruptedException e) {
        if (stopping) {
          return;
        }
      } catch (RuntimeException e) {
        LOG.log(Level.ERROR, "A job could not be worked on, going on", e);
        pause();
      }
    }
  }

  /** Returns whether the job's next attempt was won. */
  private boolean work(Job job, JobClaims claims, Recording recording, Action action)
      throws InterruptedException {
    Optional<AttemptLease> won = claims.claim(job, recording.of(job));
    if (won.isEmpty()) {
      return false;
    }
    if (job.state().holder().isPresent()) {
      metrics.leaseExpired();
    }
    try (AttemptLease attemptLease = won.get()) {
      // Read again: the job may have been cancelled, or checkpointed by its last worker, meanwhile.
      action.perform(board.find(job.id()).orElse(job), attemptLease);
    } catch (AttemptLeaseLostException e) {
      LOG.log(Level.WARNING, "Job {0} was taken over: {1}", job.id(), e.getMessage());
    }
    return true;
  }

  private Optional<Job> nextToTrain() {
    // A job that waits here for a replay to end could be done by another worker meanwhile.
    if (fitness.ailment().isPresent() || engine.isBusy()) {
      return Optional.empty();
    }
    return board.open().stream()
        .filter(job -> job.status() == JobStatus.QUEUED)
        .filter(job -> settlement(job).isEmpty())
        .filter(job -> !ImmediateEnd.isLeftToOthers(job))
        .findFirst();
  }

  private Optional<Job> nextToSettle() {
    return board.open().stream().filter(job -> settlement(job).isPresent()).findFirst();
  }

  private Optional<ImmediateEnd> settlement(Job job) {
    return ImmediateEnd.of(job, settings);
  }

  private void train(Job job, AttemptLease attemptLease)
      throws InterruptedException, AttemptLeaseLostException {
    if (job.pauseWanted() && !job.cancelWanted()) {
      attemptLease.release("paused");
      return;
    }
    Optional<ImmediateEnd> settlement = unattended(job);
    if (settlement.isPresent()) {
      attempt.settle(job, attemptLease, settlement.get());
    } else {
      attempt.run(job, attemptLease, () -> stopReason(job.id(), attemptLease));
    }
  }

  private void settle(Job job, AttemptLease attemptLease)
      throws InterruptedException, AttemptLeaseLostException {
    Optional<ImmediateEnd> settlement = unattended(job);
    if (settlement.isPresent()) {
      attempt.settle(job, attemptLease, settlement.get());
    } else {
      attemptLease.release("there is nothing to settle any more");
    }
  }

  private Optional<ImmediateEnd> unattended(Job job) {
    return ImmediateEnd.ofUnattended(job, settings);
  }

  private Optional<StopReason> stopReason(String jobId, AttemptLease attemptLease) {
    if (!attemptLease.held()) {
      return Optional.of(StopReason.LOST);
    }
    Optional<Job> now = board.find(jobId);
    if (now.isPresent() && now.get().cancelWanted()) {
      return Optional.of(StopReason.CANCELLED);
    }
    if (now.isPresent() && now.get().pauseWanted()) {
      return Optional.of(StopReason.PAUSED);
    }
    return stopping ? Optional.of(StopReason.SHUTDOWN) : Optional.empty();
  }

  private void pause() {
    try {
      Thread.sleep(GLANCE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
