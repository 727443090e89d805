package io.affinage.llm.training;

import io.affinage.llm.error.LlmException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** The checkpoints of a run on disk, {@code checkpoint-STEP} each, and which of them stay. */
final class CheckpointFolder {
  private static final String PREFIX = "checkpoint-";

  private final Path folder;
  private final int keepLast;

  /**
   * @param keepLast newest ones that stay; 0 for all
   */
  CheckpointFolder(Path folder, int keepLast) {
    this.folder = folder;
    this.keepLast = keepLast;
  }

  Path of(int step) {
    return folder.resolve(PREFIX + step);
  }

  /** Removes what there is of a checkpoint that could not be written; it takes room, no more. */
  void discard(int step) {
    try {
      if (Files.isDirectory(of(step))) {
        remove(of(step));
      }
    } catch (IOException | UncheckedIOException e) {
      // The failure of writing it is what is told.
    }
  }

  /** Removes all but the newest and the best. */
  void retain(int bestStep) {
    if (keepLast == 0) {
      return;
    }
    try {
      List<Integer> steps = steps();
      for (int step : steps.subList(0, Math.max(0, steps.size() - keepLast))) {
        if (step != bestStep) {
          remove(of(step));
        }
      }
    } catch (IOException e) {
      throw new LlmException(
          "checkpoint_not_written", "cannot remove old checkpoints in " + folder + ": " + e, e);
    }
  }

  private List<Integer> steps() throws IOException {
    try (Stream<Path> found = Files.list(folder)) {
      return found
          .map(path -> path.getFileName().toString())
          .filter(name -> name.matches(PREFIX + "\\d{1,9}"))
          .map(name -> Integer.valueOf(name.substring(PREFIX.length())))
          .sorted()
          .toList();
    }
  }

  private static void remove(Path checkpoint) throws IOException {
    try (Stream<Path> files = Files.walk(checkpoint)) {
      for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
