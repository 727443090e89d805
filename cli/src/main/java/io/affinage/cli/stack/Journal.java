package io.affinage.cli.stack;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * What happened to the stack, in a file: its terminal may be gone by the time somebody asks.
 *
 * @param file that lines are added to
 */
record Journal(Path file) {

  /** Adds what was told; returns whether it could be written. */
  boolean add(String text) {
    try {
      Files.writeString(
          file,
          Instant.now().truncatedTo(ChronoUnit.SECONDS) + "  " + text + System.lineSeparator(),
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
