package io.affinage.llm.export;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A Python program beside the tests, where there is one. */
final class Python {
  private Python() {}

  /**
   * Whether the command runs to its end; false where there is no such program.
   *
   * @param folder takes what it prints
   * @param command the program and its arguments
   * @throws AssertionError with what it printed, where a script, rather than a line given by {@code
   *     -c}, fails
   */
  static boolean succeeds(Path folder, String... command) throws IOException, InterruptedException {
    Path output = folder.resolve("python.txt");
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("HF_HUB_OFFLINE", "1");
    builder.redirectOutput(output.toFile());
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      return false;
    }
    try {
      boolean ended = process.waitFor(4, TimeUnit.MINUTES);
      if (ended && process.exitValue() != 0 && !command[1].equals("-c")) {
        throw new AssertionError(Files.readString(output, StandardCharsets.UTF_8));
      }
      return ended && process.exitValue() == 0;
    } finally {
      process.destroyForcibly();
    }
  }
}
