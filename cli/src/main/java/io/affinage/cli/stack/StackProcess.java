package io.affinage.cli.stack;

import io.affinage.cli.CliException;
import io.affinage.cli.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A child process of the stack. Its output goes to a log file. */
final class StackProcess {
  private static final int INTERRUPTED = 130;
  private static final int TERMINATED = 143;

  /** Less than this left is no room. */
  private static final long FULL_BYTES = 256 << 10;

  private final Launch launch;
  private final Process process;

  /**
   * How it is started.
   *
   * @param name for people, and of its log file
   * @param folder that it works in
   * @param defaults variables for where this process's own environment says nothing
   * @param environment variables that replace those of this process's own environment
   */
  record Launch(
      String name,
      Path log,
      Path folder,
      List<String> command,
      Map<String, String> defaults,
      Map<String, String> environment) {}

  private StackProcess(Launch launch, Process process) {
    this.launch = launch;
    this.process = process;
  }

  /**
   * Starts it.
   *
   * @param start a process that is not the first in its place goes on with the log
   * @throws CliException {@code service_start_failed}
   */
  static StackProcess start(Launch launch, Place.Start start) {
    ProcessBuilder builder =
        new ProcessBuilder(launch.command()).directory(launch.folder().toFile());
    launch.defaults().forEach(builder.environment()::putIfAbsent);
    builder.environment().putAll(launch.environment());
    // The key of the command's caller, for services elsewhere.
    builder.environment().remove("AFFINAGE_API_KEY");
    builder.redirectErrorStream(true);
    Path log = launch.log();
    try {
      if (start == Place.Start.FIRST && Files.exists(log)) {
        Files.move(
            log,
            log.resolveSibling(launch.name() + ".previous.log"),
            StandardCopyOption.REPLACE_EXISTING);
      }
      builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
      Process process = builder.start();
      process.getOutputStream().close();
      return new StackProcess(launch, process);
    } catch (IOException e) {
      throw new CliException(
          ExitCode.STACK,
          "service_start_failed",
          "%s did not start: %s".formatted(launch.name(), e.getMessage()),
          e);
    }
  }

  String name() {
    return launch.name();
  }

  Path log() {
    return launch.log();
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Whether a signal ended it that a terminal sends to all processes in front (Ctrl-C). */
  boolean wasInterrupted() {
    return !process.isAlive()
        && (process.exitValue() == INTERRUPTED || process.exitValue() == TERMINATED);
  }

  /** How it ended; of a process that has. */
  ProcessExit ending() {
    return new ProcessExit(process.exitValue(), LogTail.of(launch.log()), isFull(launch.log()));
  }

  private static boolean isFull(Path log) {
    try {
      return Files.getFileStore(log.getParent()).getUsableSpace() < FULL_BYTES;
    } catch (IOException e) {
      return false;
    }
  }

  /** Asks it to stop in good order. */
  void stop() {
    process.destroy();
  }

  /** Waits for the end, and ends it after the bound. */
  void awaitEnd(Duration bound) {
    try {
      if (!process.waitFor(bound.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
