package io.affinage.trainer.work;

import io.affinage.artifacts.ArtifactStore;
import io.affinage.events.ArtifactRef;
import io.affinage.events.LearnedRewards;
import io.affinage.events.Stage;
import io.affinage.events.TrainingSpec;
import io.affinage.trainer.base.BaseModel;
import io.affinage.trainer.base.BaseModels;
import io.affinage.trainer.base.BaseReference;
import io.affinage.trainer.engine.BaseFolders;
import io.affinage.trainer.engine.Fit;
import io.affinage.trainer.engine.Preflight;
import io.affinage.trainer.engine.TrainingEngine;
import io.affinage.trainer.engine.TrainingException;
import io.affinage.trainer.engine.TrainingJob;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Finds out what a job would take, with the real data and the real model. */
public final class DryRuns {
  private final TrainingEngine engine;
  private final BaseModels bases;
  private final ArtifactStore artifacts;
  private final Path workFolder;

  /**
   * @param workFolder folders for scratch files are made in it and removed
   */
  public DryRuns(
      TrainingEngine engine, BaseModels bases, ArtifactStore artifacts, Path workFolder) {
    this.engine = engine;
    this.bases = bases;
    this.artifacts = artifacts;
    this.workFolder = workFolder;
  }

  /**
   * What a job would take.
   *
   * @param fit empty where it cannot be told
   * @param preflight empty for a job that is not tried out: one that does not fit, and one whose
   *     base would be written in fewer bits first and streamed
   */
  public record Rehearsal(Optional<Fit> fit, Optional<Preflight> preflight) {}

  /**
   * @param spec resolved
   * @throws TrainingException as the job would end, or {@code trainer_busy}
   * @throws IOException when the artifact store or the hub cannot be reached
   */
  public Rehearsal of(BaseReference reference, TrainingSpec spec, ArtifactRef dataset)
      throws TrainingException, IOException {
    Files.createDirectories(workFolder);
    Path folder = Files.createTempDirectory(workFolder, "dry-run-");
    try {
      Map<String, String> rewards = new LinkedHashMap<>(LearnedRewards.of(spec));
      // What an earlier stage of a run is to make.
      rewards.values().removeIf(model -> model.startsWith(Stage.OF_STAGE));
      bases.rewards(rewards);
      BaseModel base = bases.find(reference, spec, folder);
      Optional<BaseFolders> baseFolders =
          base.folder() == null
              ? Optional.empty()
              : Optional.of(
                  new BaseFolders(
                      artifacts.localFolder(base.folder().digest()),
                      base.adapter() == null
                          ? Optional.empty()
                          : Optional.of(artifacts.localFolder(base.adapter().digest()))));
      TrainingJob job =
          new TrainingJob("dry-run", spec, base.folder() == null ? null : base.nameInAdapters());
      Optional<Fit> fit =
          baseFolders.isPresent() ? engine.fit(job, baseFolders.get()) : Optional.empty();
      if (fit.isPresent() && (!fit.get().fits() || fit.get().streamed())) {
        return new Rehearsal(fit, Optional.empty());
      }
      return new Rehearsal(
          fit,
          Optional.of(
              engine.preflight(job, artifacts.localFolder(dataset.digest()), baseFolders, folder)));
    } finally {
      AttemptFolder.delete(folder);
    }
  }
}
