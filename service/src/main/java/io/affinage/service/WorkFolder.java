package io.affinage.service;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Where a service keeps files on their way. */
public final class WorkFolder {
  private WorkFolder() {}

  /**
   * The folder that was configured; else a new one, under a name that nobody can know before and
   * which nobody else may enter, so that no other user of the machine can have put a link there.
   *
   * @param configured by the user, who says who may enter it
   * @param role begins the name
   */
  public static Path of(Optional<Path> configured, String role) {
    return configured.orElseGet(
        () -> {
          try {
            Path folder = Files.createTempDirectory(role + "-");
            // Only where it is empty by then: whatever uses it removes what it made.
            folder.toFile().deleteOnExit();
            return folder;
          } catch (IOException e) {
            throw new UncheckedIOException("no folder can be made for files on their way", e);
          }
        });
  }
}
