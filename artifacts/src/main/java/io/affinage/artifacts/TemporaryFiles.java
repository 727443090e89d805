package io.affinage.artifacts;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

/**
 * Names for what is still being written, on the file system of its final place so that the rename
 * is atomic. What a killed process left is removed after a day, long after any writer is done.
 */
final class TemporaryFiles {
  private static final Duration ABANDONED_AFTER = Duration.ofDays(1);

  private final Path folder;
  private final AtomicBoolean swept = new AtomicBoolean();

  TemporaryFiles(Path folder) {
    this.folder = folder;
  }

  /** A path that nothing has yet. */
  Path next() throws IOException {
    Files.createDirectories(folder);
    if (swept.compareAndSet(false, true)) {
      sweep();
    }
    return folder.resolve(UUID.randomUUID().toString());
  }

  private void sweep() throws IOException {
    FileTime limit = FileTime.from(Instant.now().minus(ABANDONED_AFTER));
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path entry : entries) {
        try {
          if (Files.getLastModifiedTime(entry).compareTo(limit) < 0) {
            delete(entry);
          }
        } catch (IOException ignored) {
          // Another process swept it first, or it is not ours to remove; neither hinders a write.
        }
      }
    }
  }

  /** Removes a file or a folder; absent is fine. */
  static void delete(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      Files.deleteIfExists(path);
      return;
    }
    try (Stream<Path> below = Files.walk(path)) {
      for (Path each : below.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(each);
      }
    }
  }
}
