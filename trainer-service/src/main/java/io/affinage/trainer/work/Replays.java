package io.affinage.trainer.work;

import io.affinage.artifacts.ArtifactStore;
import io.affinage.artifacts.FolderArtifactStore;
import io.affinage.events.ModelRegistered;
import io.affinage.trainer.engine.BaseFolders;
import io.affinage.trainer.engine.EngineListener;
import io.affinage.trainer.engine.EngineOutcome;
import io.affinage.trainer.engine.EngineProgress;
import io.affinage.trainer.engine.RolloutRecord;
import io.affinage.trainer.engine.TrainingEngine;
import io.affinage.trainer.engine.TrainingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/**
 * Makes the updates of a finished job again, from the rollouts and scores that were recorded, and
 * compares what comes out with what was registered. Nothing is sampled, scored or registered. The
 * bits are those of the same device and number of threads.
 */
public final class Replays {
  private final TrainingEngine engine;
  private final ArtifactStore artifacts;
  private final Path workFolder;

  /**
   * What came of a replay.
   *
   * @param iterations that were made again
   * @param registered digest of the model's folder
   * @param replayed digest of the folder that came out; null where the replay ended before
   * @param difference the first one; null where all is the same
   */
  public record Outcome(
      ModelRegistered model,
      int iterations,
      String registered,
      String replayed,
      String difference) {
    /** Whether every digest is the registered one. */
    public boolean same() {
      return difference == null;
    }
  }

  /**
   * @param workFolder folders for scratch files are made in it and removed
   */
  public Replays(TrainingEngine engine, ArtifactStore artifacts, Path workFolder) {
    this.engine = engine;
    this.artifacts = artifacts;
    this.workFolder = workFolder;
  }

  /**
   * Replays the job of a model.
   *
   * @throws TrainingException {@code trainer_busy} while a job runs in this process, {@code
   *     nothing_to_replay}, {@code record_not_read}, or what a training ends with
   * @throws IOException when the artifact store cannot be reached
   */
  public Outcome of(ModelRegistered model) throws TrainingException, IOException {
    if (model.record() == null) {
      throw new TrainingException(
          "nothing_to_replay",
          "the job %s has no record of rollouts: only jobs of objectives that sample answers have one"
              .formatted(model.jobId()),
          null);
    }
    RecordFolder.Content content =
        RecordFolder.read(artifacts.localFolder(model.record().digest()));
    Files.createDirectories(workFolder);
    Path folder = Files.createTempDirectory(workFolder, "replay-");
    Replay replay = new Replay(content);
    try {
      EngineOutcome.Completed done =
          (EngineOutcome.Completed)
              engine.rerun(
                  content.job(),
                  artifacts.localFolder(model.dataset().digest()),
                  base(model),
                  folder,
                  replay);
      String digest =
          new FolderArtifactStore(folder.resolve("digest")).putFolder(done.modelFolder()).digest();
      return outcome(
          model,
          replay,
          digest,
          digest.equals(model.model().digest())
              ? null
              : "the weights agree after every iteration, but the folder of the model differs");
    } catch (TrainingException e) {
      if (!e.detail().code().equals(Replay.DIFFERS)) {
        throw e;
      }
      return outcome(model, replay, null, e.getMessage());
    } finally {
      AttemptFolder.delete(folder);
    }
  }

  private static Outcome outcome(
      ModelRegistered model, Replay replay, String digest, String difference) {
    return new Outcome(model, replay.updates, model.model().digest(), digest, difference);
  }

  private Optional<BaseFolders> base(ModelRegistered model) throws IOException {
    if (model.base() == null) {
      return Optional.empty();
    }
    return Optional.of(
        new BaseFolders(
            artifacts.localFolder(model.base().digest()),
            model.parentAdapter() == null
                ? Optional.empty()
                : Optional.of(artifacts.localFolder(model.parentAdapter().digest()))));
  }

  /** A run that may take from the record and add nothing to it. */
  private static final class Replay implements EngineListener, RolloutRecord {
    static final String DIFFERS = "replay_differs";

    private final RecordFolder.Content content;
    private int updates;

    Replay(RecordFolder.Content content) {
      this.content = content;
    }

    private static TrainingException differs(String what, Object... values) {
      return new TrainingException(DIFFERS, what.formatted(values), null);
    }

    private Optional<RecordFolder.Entry> entry(int iteration) {
      return content.entries().stream().filter(e -> e.iteration() == iteration).findFirst();
    }

    @Override
    public Optional<Sampled> sampled(int iteration, String policy) throws TrainingException {
      RecordFolder.Entry entry =
          entry(iteration).orElseThrow(() -> differs("iteration %d is not on record", iteration));
      if (!entry.policy().equals(policy)) {
        throw differs(
            "before iteration %d the weights are %s, but %s on record",
            iteration, policy, entry.policy());
      }
      return Optional.of(new Sampled(entry.rollouts(), Instant.EPOCH));
    }

    @Override
    public void recordSampled(int iteration, String policy, int completions, Path file)
        throws TrainingException {
      throw differs("iteration %d asks other prompts than those on record", iteration);
    }

    @Override
    public Optional<Path> batch(int iteration, String policy, int number) {
      return Optional.empty();
    }

    @Override
    public void recordBatch(int iteration, String policy, int number, int completions, Path file)
        throws TrainingException {
      recordSampled(iteration, policy, completions, file);
    }

    @Override
    public Optional<Path> scores(int iteration, String policy) {
      return entry(iteration).map(RecordFolder.Entry::scores);
    }

    @Override
    public void recordScores(int iteration, String policy, Path file) throws TrainingException {
      throw differs("the scores of iteration %d are not on record", iteration);
    }

    @Override
    public void recordUpdate(int iteration, String before, String after) throws TrainingException {
      Optional<String> known = entry(iteration).flatMap(RecordFolder.Entry::after);
      if (known.isPresent() && !known.get().equals(after)) {
        throw differs(
            "after iteration %d the weights are %s, but %s on record",
            iteration, after, known.get());
      }
      updates++;
    }

    @Override
    public RolloutRecord record() {
      return this;
    }

    @Override
    public void onStep(EngineProgress progress) {}

    @Override
    public void onCheckpoint(int step, Path folder, Double trainLoss) {}

    @Override
    public boolean shouldStop() {
      return false;
    }
  }
}
