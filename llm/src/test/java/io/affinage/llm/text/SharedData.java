package io.affinage.llm.text;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** Finds the optional real data, or skips the test. */
public final class SharedData {
  private SharedData() {}

  public static Path path(String relative) {
    Path path = Path.of(System.getProperty("affinage.shared", "../../shared"), relative);
    assumeTrue(
        Files.exists(path), () -> "skipped: no " + path + " (set -Daffinage.shared to its folder)");
    return path;
  }
}
