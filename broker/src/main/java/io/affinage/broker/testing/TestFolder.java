package io.affinage.broker.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A new temporary folder for test resources that JUnit's own cannot serve; deleted when closed. */
public record TestFolder(Path path) implements AutoCloseable {

  /** Makes one whose name begins so. */
  public static TestFolder create(String name) {
    try {
      return new TestFolder(Files.createTempDirectory(name).toRealPath());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try (Stream<Path> files = Files.walk(path)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("not deleted: " + path, e);
    }
  }
}
