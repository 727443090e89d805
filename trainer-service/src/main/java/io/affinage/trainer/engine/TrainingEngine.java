package io.affinage.trainer.engine;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Trains one model. Called on one thread, one job at a time per process. The result depends on the
 * arguments alone: a run that was stopped and resumed from its checkpoint ends in the same bits as
 * an undisturbed one.
 */
public interface TrainingEngine {

  /**
   * Trains until the job is done or {@link EngineListener#shouldStop()} says so; in the latter case
   * a checkpoint is handed to the listener before this returns, unless no step was made.
   *
   * @param datasetFolder a dataset version ({@code train.jsonl}, {@code validation.jsonl}, ...);
   *     read-only
   * @param base the base model; empty for a model from scratch
   * @param resumeFrom a checkpoint that this engine made for the same job; read-only
   * @param workFolder an empty folder for scratch files, checkpoints and the resulting model
   * @throws TrainingException when it does not succeed; its kind says whose the failure is
   */
  EngineOutcome run(
      TrainingJob job,
      Path datasetFolder,
      Optional<BaseFolders> base,
      Optional<Path> resumeFrom,
      Path workFolder,
      EngineListener listener)
      throws TrainingException;

  /**
   * Trains a job from its first step once more, as {@link #run} does, unless another runs here.
   *
   * @throws TrainingException as {@link #run}; {@code trainer_busy} while something runs in this
   *     process
   */
  EngineOutcome rerun(
      TrainingJob job,
      Path datasetFolder,
      Optional<BaseFolders> base,
      Path workFolder,
      EngineListener listener)
      throws TrainingException;

  /** Whether something runs in this process that a job would have to wait for. */
  boolean isBusy();

  /**
   * Estimates whether a job fits this machine, by the headers of its base; loads nothing.
   *
   * @return empty where an engine cannot tell
   * @throws TrainingException where the base cannot be used
   */
  default Optional<Fit> fit(TrainingJob job, BaseFolders base) throws TrainingException {
    return Optional.empty();
  }

  /**
   * Finds out what a job would take, by its data and by trying some micro-batches; trains nothing.
   *
   * @param datasetFolder as in {@link #run}
   * @param base as in {@link #run}
   * @param workFolder an empty folder for scratch files
   * @throws TrainingException when the job could not succeed, as {@link #run} would say it; {@code
   *     trainer_busy} while a job runs in this process
   */
  Preflight preflight(
      TrainingJob job, Path datasetFolder, Optional<BaseFolders> base, Path workFolder)
      throws TrainingException;
}
