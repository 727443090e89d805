package io.affinage.trainer.work;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;

/** Removes what an attempt leaves behind. */
final class AttemptFolder {
  private static final Logger LOG = System.getLogger(AttemptFolder.class.getName());

  private AttemptFolder() {}

  /** Deletes a folder with all it holds; what stays is logged, for it costs space and no job. */
  static void delete(Path folder) {
    if (folder == null) {
      return;
    }
    try (var paths = Files.walk(folder)) {
      paths
          .sorted(Comparator.reverseOrder())
          .forEach(
              path -> {
                try {
                  Files.deleteIfExists(path);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
    } catch (IOException | UncheckedIOException e) {
      LOG.log(Level.WARNING, "Work folder {0} could not be deleted: {1}", folder, e.toString());
    }
  }
}
