package io.affinage.trainer.work;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.affinage.events.EventJson;
import io.affinage.events.TrainingSpec;
import io.affinage.trainer.engine.TrainingException;
import io.affinage.trainer.engine.TrainingJob;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All that the updates of a job came of, in one folder that needs no log: {@code record.json} with
 * the job as it was trained, and the rollouts and scores of each iteration.
 */
final class RecordFolder {
  private static final String INDEX = "record.json";

  /**
   * An iteration.
   *
   * @param policy digest of what was trained, as it sampled
   * @param after as it was after the iteration's updates; empty where the job ended within it
   */
  record Entry(int iteration, String policy, Path rollouts, Path scores, Optional<String> after) {}

  /** {@code record.json}. */
  private record Index(
      int version,
      String jobId,
      TrainingSpec spec,
      String baseName,
      Map<String, String> origin,
      List<Line> iterations) {}

  private record Line(int iteration, String policy, String after, String rollouts, String scores) {}

  /** What was read. */
  record Content(TrainingJob job, List<Entry> entries) {}

  private RecordFolder() {}

  /** Writes it; its files are linked where they can be, as they are many and known to the store. */
  static void write(Path folder, TrainingJob job, List<Entry> entries) throws IOException {
    Files.createDirectories(folder);
    List<Line> lines = new ArrayList<>();
    for (Entry entry : entries) {
      String rollouts = "iteration-%06d-rollouts.safetensors".formatted(entry.iteration());
      String scores = "iteration-%06d-scores.safetensors".formatted(entry.iteration());
      link(entry.rollouts(), folder.resolve(rollouts));
      link(entry.scores(), folder.resolve(scores));
      lines.add(
          new Line(
              entry.iteration(), entry.policy(), entry.after().orElse(null), rollouts, scores));
    }
    Index index = new Index(1, job.jobId(), job.spec(), job.baseName(), job.origin(), lines);
    Files.write(folder.resolve(INDEX), EventJson.mapper().writeValueAsBytes(index));
  }

  private static void link(Path from, Path name) throws IOException {
    try {
      Files.createLink(name, from);
    } catch (IOException | UnsupportedOperationException e) {
      Files.copy(from, name);
    }
  }

  /**
   * Reads it.
   *
   * @throws TrainingException {@code record_not_read}
   */
  static Content read(Path folder) throws TrainingException {
    try {
      Index index =
          EventJson.mapper().readValue(Files.readAllBytes(folder.resolve(INDEX)), Index.class);
      if (index.version() != 1) {
        throw unread("it is of version %d, not 1".formatted(index.version()), null);
      }
      return new Content(
          new TrainingJob(index.jobId(), index.spec(), index.baseName(), index.origin()),
          index.iterations().stream()
              .map(
                  line ->
                      new Entry(
                          line.iteration(),
                          line.policy(),
                          folder.resolve(line.rollouts()),
                          folder.resolve(line.scores()),
                          Optional.ofNullable(line.after())))
              .toList());
    } catch (JsonProcessingException e) {
      throw unread(e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw unread(e.toString(), e);
    }
  }

  private static TrainingException unread(String why, Exception cause) {
    return new TrainingException(
        "record_not_read", "the record of the job cannot be read: " + why, null, cause);
  }
}
