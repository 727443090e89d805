package io.affinage.llm;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** Real models and data that tests may use where they are present. */
public final class SharedFiles {
  private SharedFiles() {}

  /** The file, or a skipped test that says what is missing. */
  public static Path require(String path) {
    Path file = Path.of(System.getProperty("affinage.shared", "../../shared"), path);
    assumeTrue(Files.exists(file), () -> "skipped: " + path + " is not here (see affinage.shared)");
    return file;
  }
}
