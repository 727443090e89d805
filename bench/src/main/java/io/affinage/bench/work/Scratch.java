package io.affinage.bench.work;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A folder for what a benchmark writes; deleted when closed. */
record Scratch(Path path) implements AutoCloseable {

  /** Makes one below the task's working folder. */
  static Scratch below(Path folder) throws IOException {
    return new Scratch(Files.createTempDirectory(folder, "scratch"));
  }

  @Override
  public void close() throws IOException {
    try (Stream<Path> files = Files.walk(path)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
