package io.affinage.trainer.llm;

import io.affinage.llm.error.LlmException;
import io.affinage.llm.rollout.Iteration;
import io.affinage.llm.rollout.RolloutFile;
import io.affinage.llm.rollout.RolloutLog;
import io.affinage.trainer.engine.RolloutRecord;
import io.affinage.trainer.engine.TrainingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** A job's record in the model library's terms: iterations and scores as files. */
final class RecordedRollouts implements RolloutLog {
  private final RolloutRecord record;
  private final Path folder;
  private Optional<Instant> sampledAt = Optional.empty();
  private Map<String, Double> told = Map.of();

  /**
   * @param folder for files on their way to the record
   */
  RecordedRollouts(RolloutRecord record, Path folder) {
    this.record = record;
    this.folder = folder;
  }

  /** When the iteration that was looked up or kept last was put on record, if before this run. */
  Optional<Instant> sampledAt() {
    return sampledAt;
  }

  /** Notes what asking for scores told beside them. */
  void scored(Map<String, Double> metrics) {
    told = Map.copyOf(metrics);
  }

  /** What asking for the last scores told; empty where they were on record. */
  Map<String, Double> metrics() {
    return told;
  }

  /** Something that a record does. */
  @FunctionalInterface
  private interface Step<T> {
    T run() throws TrainingException;
  }

  private static <T> T step(Step<T> step) {
    try {
      return step.run();
    } catch (TrainingException e) {
      throw new LlmException(e.detail().code(), e.getMessage(), e);
    }
  }

  @Override
  public Optional<Iteration> sampled(int iteration, String policy) {
    Optional<RolloutRecord.Sampled> found = step(() -> record.sampled(iteration, policy));
    sampledAt = found.map(RolloutRecord.Sampled::at);
    told = Map.of();
    return found.map(each -> RolloutFile.read(each.file()));
  }

  @Override
  public void recordSampled(Iteration made) {
    if (record == RolloutRecord.NONE) {
      return;
    }
    sampledAt = Optional.empty();
    Path file = file("rollouts");
    RolloutFile.write(made, file);
    step(
        () -> {
          record.recordSampled(made.number(), made.policy(), made.rollouts().size(), file);
          return file;
        });
    delete(file);
  }

  @Override
  public Optional<Iteration> batch(int iteration, String policy, int number) {
    return step(() -> record.batch(iteration, policy, number)).map(RolloutFile::read);
  }

  @Override
  public void recordBatch(Iteration made, int number) {
    if (record == RolloutRecord.NONE) {
      return;
    }
    Path file = file("batch");
    RolloutFile.write(made, file);
    step(
        () -> {
          record.recordBatch(made.number(), made.policy(), number, made.rollouts().size(), file);
          return file;
        });
    delete(file);
  }

  @Override
  public Optional<List<OptionalDouble>> scores(Iteration of) {
    return step(() -> record.scores(of.number(), of.policy())).map(RolloutFile::readScores);
  }

  @Override
  public void recordScores(Iteration of, List<OptionalDouble> scores) {
    if (record == RolloutRecord.NONE) {
      return;
    }
    Path file = file("scores");
    RolloutFile.writeScores(scores, file);
    step(
        () -> {
          record.recordScores(of.number(), of.policy(), file);
          return file;
        });
    delete(file);
  }

  @Override
  public void recordUpdate(int iteration, String before, String after) {
    step(
        () -> {
          record.recordUpdate(iteration, before, after);
          return after;
        });
  }

  private Path file(String name) {
    try {
      Files.createDirectories(folder);
      return folder.resolve(name + ".safetensors");
    } catch (IOException e) {
      throw new LlmException("disk_unusable", "cannot make the folder " + folder + ": " + e, e);
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new LlmException("disk_unusable", "cannot remove " + file + ": " + e, e);
    }
  }
}
