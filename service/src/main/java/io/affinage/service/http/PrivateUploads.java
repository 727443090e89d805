package io.affinage.service.http;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/** The folder of uploads on their way: its name is known to nobody, and nobody else may look. */
@Singleton
class PrivateUploads {
  private static final Logger LOG = Logger.getLogger(PrivateUploads.class);

  private final Path folder;

  PrivateUploads(
      @ConfigProperty(name = "quarkus.http.body.uploads-directory") String uploadsDirectory) {
    this.folder = Path.of(uploadsDirectory);
  }

  void keepOthersOut(@Observes StartupEvent start) {
    try {
      Files.createDirectories(folder);
      if (Files.getFileStore(folder).supportsFileAttributeView("posix")) {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("uploads_folder: " + folder + " cannot be used", e);
    }
  }

  void remove(@Observes ShutdownEvent stop) {
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> left = files.toList();
      for (Path file : left) {
        Files.deleteIfExists(file);
      }
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      LOG.debugf("%s stays: %s", folder, e.getMessage());
    }
  }
}
