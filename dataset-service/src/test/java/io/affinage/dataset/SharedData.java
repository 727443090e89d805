package io.affinage.dataset;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** Real and hostile files that are not part of the repository. */
public final class SharedData {
  private SharedData() {}

  /** The folder; the test is skipped, and says so, where it is absent. */
  public static Path folder(String name) {
    String shared = System.getProperty("affinage.shared", "");
    Path folder = Path.of(shared, "data", name);
    assumeTrue(
        !shared.isBlank() && Files.isDirectory(folder),
        () -> "skipped: " + folder + " is absent (system property affinage.shared)");
    return folder;
  }
}
