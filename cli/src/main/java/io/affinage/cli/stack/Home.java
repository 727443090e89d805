package io.affinage.cli.stack;

import io.affinage.cli.CliException;
import io.affinage.cli.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * The folder that keeps what the local stack knows: the broker's log, artifacts, log files and
 * keys. Nobody but its owner may look inside.
 *
 * @param folder {@code .affinage} of the working folder, unless {@code --home} says another
 */
public record Home(Path folder) {
  private static final Set<PosixFilePermission> OWNER_ENTERS =
      PosixFilePermissions.fromString("rwx------");

  public static Home at(Path folder) {
    Home home = new Home(folder.toAbsolutePath().normalize());
    try {
      Files.createDirectories(home.folder());
      home.keepOthersOut();
      Files.createDirectories(home.logs());
    } catch (IOException e) {
      throw new CliException(
          ExitCode.USAGE,
          "home_unusable",
          "%s cannot be written, or belongs to someone else: choose another folder with --home."
              .formatted(home.folder()),
          e);
    }
    return home;
  }

  /** Whatever the umask is, and whoever made the folder before. */
  private void keepOthersOut() throws IOException {
    if (hasPermissions(folder)) {
      Files.setPosixFilePermissions(folder, OWNER_ENTERS);
    }
  }

  private static boolean hasPermissions(Path file) throws IOException {
    return Files.getFileStore(file).supportsFileAttributeView("posix");
  }

  /** Replaces a file's text at once, by one that only the owner could ever read. */
  void writePrivately(Path file, String text) throws IOException {
    // createTempFile lets nobody else in, where files have permissions.
    Path temporary = Files.createTempFile(folder, file.getFileName().toString(), ".new");
    try {
      Files.writeString(temporary, text);
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  /** The key of this home's commands; nothing else. */
  public Path keyFile() {
    return folder.resolve("key");
  }

  /** The keys that the services let in. */
  public Path keysFile() {
    return folder.resolve("keys");
  }

  public Path artifacts() {
    return folder.resolve("artifacts");
  }

  public Path logs() {
    return folder.resolve("logs");
  }

  public Path kafka() {
    return folder.resolve("kafka");
  }

  Path stateFile() {
    return folder.resolve("stack.json");
  }

  Path lockFile() {
    return folder.resolve("stack.lock");
  }
}
