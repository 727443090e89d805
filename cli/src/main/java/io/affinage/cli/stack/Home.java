package io.affinage.cli.stack;

import io.affinage.cli.CliException;
import io.affinage.cli.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The folder that keeps what the local stack knows: the broker's log, artifacts and log files.
 *
 * @param folder {@code .affinage} of the working folder, unless {@code --home} says another
 */
public record Home(Path folder) {

  public static Home at(Path folder) {
    Home home = new Home(folder.toAbsolutePath().normalize());
    try {
      Files.createDirectories(home.logs());
    } catch (IOException e) {
      throw new CliException(
          ExitCode.USAGE,
          "home_unusable",
          "%s cannot be written: choose another folder with --home.".formatted(home.folder()),
          e);
    }
    return home;
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
