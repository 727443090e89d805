package io.affinage.trainer.work;

import io.affinage.artifacts.ArtifactNotFoundException;
import io.affinage.artifacts.ArtifactStore;
import io.affinage.events.ArtifactRef;
import io.affinage.events.ErrorDetail;
import io.affinage.events.ErrorKind;
import io.affinage.events.ModelRegistered;
import io.affinage.events.NextStage;
import io.affinage.events.TrainingSpec;
import io.affinage.events.lease.WorkerFitness;
import io.affinage.events.objective.SampledObjective;
import io.affinage.events.spec.InvalidSpecException;
import io.affinage.events.spec.SpecResolver;
import io.affinage.trainer.base.BaseModel;
import io.affinage.trainer.base.BaseModels;
import io.affinage.trainer.base.BaseReference;
import io.affinage.trainer.engine.BaseFolders;
import io.affinage.trainer.engine.EngineOutcome;
import io.affinage.trainer.engine.TrainingEngine;
import io.affinage.trainer.engine.TrainingException;
import io.affinage.trainer.engine.TrainingJob;
import io.affinage.trainer.job.Job;
import io.affinage.trainer.job.JobBoard;
import io.affinage.trainer.job.JobCheckpoint;
import io.affinage.trainer.job.Refs;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Runs one claimed attempt of a job from its inputs to its end. */
final class Attempt {
  private static final Logger LOG = System.getLogger(Attempt.class.getName());

  /** How long a model that a job goes on from may take to be heard of. */
  private static final Duration HEARD_OF = Duration.ofSeconds(5);

  private final TrainingEngine engine;
  private final JobBoard board;
  private final BaseModels bases;
  private final ArtifactStore artifacts;
  private final WorkMetrics metrics;
  private final WorkerFitness fitness;
  private final WorkSettings settings;
  private final TrainingResultEvents resultEvents;

  Attempt(
      TrainingEngine engine,
      JobBoard board,
      BaseModels bases,
      ArtifactStore artifacts,
      WorkMetrics metrics,
      WorkerFitness fitness,
      WorkSettings settings) {
    this.engine = engine;
    this.board = board;
    this.bases = bases;
    this.artifacts = artifacts;
    this.metrics = metrics;
    this.fitness = fitness;
    this.settings = settings;
    this.resultEvents = new TrainingResultEvents(settings.codeVersion());
  }

  /**
   * @param stop asked after every step; why to stop before the job is done
   */
  @SuppressWarnings("try") // only its beat is needed
  void run(Job job, AttemptLease attemptLease, Supplier<Optional<StopReason>> stop)
      throws InterruptedException {
    metrics.running();
    Signs signs = new Signs(attemptLease, metrics);
    StoreRetry store =
        new StoreRetry(
            job.id(), stop, signs::waiting, settings.storeRetries(), settings.storeRetryPause());
    AttemptListener listener =
        new AttemptListener(
            job.id(),
            attemptLease,
            artifacts,
            metrics,
            settings.progressEvery(),
            stop,
            store,
            new AttemptRecord(job.id(), attemptLease, artifacts, store));
    try (LeaseHeartbeat heartbeat =
        new LeaseHeartbeat(() -> signs.beat(listener.step()), settings.heartbeat().toMillis())) {
      train(job, attemptLease, listener, store);
    } catch (AttemptLeaseLostException e) {
      LOG.log(Level.WARNING, "Job {0}: {1}; its results are dropped", job.id(), e.getMessage());
    } catch (InterruptedException e) {
      attemptLease.release("the worker was stopped");
      throw e;
    } finally {
      metrics.idle();
    }
  }

  /**
   * What a claim records: the specification as this version resolves it.
   *
   * @return empty where it was recorded before, where the attempt will find that it is wrong, and
   *     where the model that it goes on from has not been heard of yet, whose adapter decides
   */
  Optional<TrainingSpec> toRecord(Job job) {
    if (job.spec().isPresent()) {
      return Optional.empty();
    }
    try {
      BaseReference reference = BaseReference.parse(job.request().baseModel());
      return bases.isKnown(reference) ? Optional.of(resolved(job, reference)) : Optional.empty();
    } catch (InvalidSpecException | TrainingException e) {
      return Optional.empty();
    }
  }

  /** As it was recorded first: defaults that have changed since change nothing about the job. */
  private TrainingSpec resolved(Job job, BaseReference reference) throws InvalidSpecException {
    return SpecResolver.resolve(
        job.spec().orElse(job.request().spec()),
        reference.isScratch(),
        bases.parentAdapter(reference));
  }

  private static Map<String, String> origin(Job job, BaseModel base) {
    Map<String, String> digests = new HashMap<>();
    digests.put("dataset", job.dataset().digest());
    if (base.folder() != null) {
      digests.put("base", base.folder().digest());
    }
    if (base.adapter() != null) {
      digests.put("parentAdapter", base.adapter().digest());
    }
    return digests;
  }

  /** Ends a job that needs no training. */
  void settle(Job job, AttemptLease attemptLease, ImmediateEnd settlement)
      throws AttemptLeaseLostException, InterruptedException {
    if (settlement instanceof ImmediateEnd.Failed failed) {
      fail(job, attemptLease, failed.error());
    } else {
      cancel(job, attemptLease);
    }
  }

  private void cancel(Job job, AttemptLease attemptLease)
      throws AttemptLeaseLostException, InterruptedException {
    attemptLease.end(resultEvents.cancelled(job, attemptLease), List.of());
    metrics.finished("cancelled", "none");
  }

  private void train(Job job, AttemptLease attemptLease, AttemptListener listener, StoreRetry store)
      throws AttemptLeaseLostException, InterruptedException {
    Path folder = null;
    try {
      folder = store.call("make a work folder", this::newWorkFolder);
      train(job, attemptLease, listener, store, folder);
    } catch (WaitEndedException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException("stopped while waiting");
      }
      stopped(job, attemptLease, e.reason());
    } catch (TrainingException e) {
      endOrGiveBack(job, attemptLease, e.detail());
    } catch (InvalidSpecException e) {
      fail(job, attemptLease, e.detail());
    } catch (OutOfMemoryError e) {
      endOrGiveBack(
          job,
          attemptLease,
          new ErrorDetail(
              "out_of_memory",
              "the trainer ran out of memory ("
                  + e.getMessage()
                  + "); use a smaller batchSize or maxLength, more gradientAccumulation, or give it"
                  + " more memory",
              null));
    } catch (RuntimeException | LinkageError e) {
      LOG.log(Level.ERROR, "Job " + job.id() + " failed unexpectedly", e);
      endOrGiveBack(job, attemptLease, new ErrorDetail("internal_error", e.toString(), null));
    } finally {
      AttemptFolder.delete(folder);
    }
  }

  /**
   * A stage that goes on from the one before is asked for as soon as that one's model is
   * registered; the two come on different topics, so another worker may hear of the request first.
   */
  private void awaitKnown(BaseReference reference, TrainingSpec spec) throws InterruptedException {
    board.await(() -> bases.isKnown(reference) && bases.areKnown(spec), HEARD_OF);
  }

  private Path newWorkFolder() throws IOException {
    Files.createDirectories(settings.workFolder());
    return Files.createTempDirectory(settings.workFolder(), "attempt-");
  }

  private void train(
      Job job, AttemptLease attemptLease, AttemptListener listener, StoreRetry store, Path folder)
      throws TrainingException,
          InvalidSpecException,
          AttemptLeaseLostException,
          InterruptedException {
    BaseReference reference = BaseReference.parse(job.request().baseModel());
    awaitKnown(reference, job.request().spec());
    TrainingSpec spec = resolved(job, reference);
    Map<String, String> rewards = bases.rewards(spec);
    BaseModel base = store.call("keep the base model", () -> bases.find(reference, spec, folder));
    Path dataset = local(store, "read the dataset", job.dataset());
    Optional<BaseFolders> baseFolders = baseFolders(base, store);
    Optional<Path> resumeFrom = resumeFrom(job, store);
    LOG.log(
        Level.INFO,
        "Job {0} attempt {1} starts {2}",
        job.id(),
        attemptLease.attempt(),
        resumeFrom.isPresent() ? "from step " + job.checkpoint().get().step() : "anew");
    TrainingJob training =
        new TrainingJob(
            job.id(),
            spec,
            base.folder() == null ? null : base.nameInAdapters(),
            origin(job, base));
    EngineOutcome outcome =
        engine.run(training, dataset, baseFolders, resumeFrom, folder, listener);
    if (outcome instanceof EngineOutcome.Stopped) {
      stopped(job, attemptLease, listener.stoppedFor().orElse(StopReason.SHUTDOWN));
      return;
    }
    EngineOutcome.Completed done = (EngineOutcome.Completed) outcome;
    ArtifactRef model =
        store.insist("store the model", () -> Refs.of(artifacts.putFolder(done.modelFolder())));
    Optional<ArtifactRef> record = kept(training, listener.record(), store, folder);
    ModelRegistered registered =
        resultEvents.registered(
            job,
            attemptLease,
            spec,
            base,
            rewards,
            done,
            model,
            record,
            System.currentTimeMillis() / 1000);
    attemptLease.end(
        registered, NextStage.afterTraining(registered, job.request()).stream().toList());
    LOG.log(Level.INFO, "Job {0} registered model {1}", job.id(), registered.modelId());
    fitness.worked();
    metrics.finished("succeeded", "none");
  }

  /** What the model came of, so that it can be replayed for as long as the model is there. */
  private Optional<ArtifactRef> kept(
      TrainingJob training, AttemptRecord record, StoreRetry store, Path folder)
      throws TrainingException, InterruptedException {
    if (!(training.spec().objective() instanceof SampledObjective)) {
      return Optional.empty();
    }
    List<RecordFolder.Entry> entries = record.slice();
    return Optional.of(
        store.insist(
            "store the record of rollouts",
            () -> {
              Path slice = Files.createTempDirectory(folder, "record-");
              RecordFolder.write(slice, training, entries);
              return Refs.of(artifacts.putFolder(slice));
            }));
  }

  private Optional<BaseFolders> baseFolders(BaseModel base, StoreRetry store)
      throws TrainingException, InterruptedException {
    if (base.folder() == null) {
      return Optional.empty();
    }
    Path model = local(store, "read the base model", base.folder());
    return Optional.of(
        new BaseFolders(
            model,
            base.adapter() == null
                ? Optional.empty()
                : Optional.of(
                    local(store, "read the adapter that is trained on", base.adapter()))));
  }

  private Path local(StoreRetry store, String what, ArtifactRef ref)
      throws TrainingException, InterruptedException {
    return store.call(what, () -> artifacts.localFolder(ref.digest()));
  }

  /** A checkpoint that has vanished costs time, not the job: the same bits come out anew. */
  private Optional<Path> resumeFrom(Job job, StoreRetry store)
      throws TrainingException, InterruptedException {
    if (job.checkpoint().isEmpty()) {
      return Optional.empty();
    }
    JobCheckpoint last = job.checkpoint().get();
    return store.call(
        "read the checkpoint of step " + last.step(),
        () -> {
          try {
            return Optional.of(artifacts.localFolder(last.folder().digest()));
          } catch (ArtifactNotFoundException e) {
            LOG.log(
                Level.WARNING,
                "Job {0}: the checkpoint of step {1} is gone, starting anew",
                job.id(),
                last.step());
            return Optional.empty();
          }
        });
  }

  private void stopped(Job job, AttemptLease attemptLease, StopReason reason)
      throws AttemptLeaseLostException, InterruptedException {
    switch (reason) {
      case LOST -> throw new AttemptLeaseLostException("another worker took the job over", null);
      case CANCELLED -> cancel(job, attemptLease);
      case PAUSED -> attemptLease.release("paused");
      case SHUTDOWN -> attemptLease.release("the worker shuts down");
    }
  }

  /** Ends what no worker can do; what this one cannot do, or not now, another may. */
  private void endOrGiveBack(Job job, AttemptLease attemptLease, ErrorDetail error)
      throws AttemptLeaseLostException, InterruptedException {
    if (error.kind() == ErrorKind.USER) {
      fail(job, attemptLease, error);
      return;
    }
    LOG.log(
        Level.WARNING,
        "Job {0} is given back, attempt {1}: {2}: {3}",
        job.id(),
        attemptLease.attempt(),
        error.code(),
        error.message());
    fitness.failed(error);
    metrics.gaveBack(error.code());
    attemptLease.giveBack(error);
  }

  private void fail(Job job, AttemptLease attemptLease, ErrorDetail error)
      throws AttemptLeaseLostException, InterruptedException {
    LOG.log(Level.WARNING, "Job {0} fails: {1}: {2}", job.id(), error.code(), error.message());
    attemptLease.end(resultEvents.failed(job, attemptLease, error), List.of());
    metrics.finished("failed", error.code());
  }
}
