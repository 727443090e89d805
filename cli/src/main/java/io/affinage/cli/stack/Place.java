package io.affinage.cli.stack;

import io.affinage.cli.CliException;
import io.affinage.cli.ExitCode;
import io.affinage.cli.terminal.Bar;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * A process's place in the stack: its name and port stay, whichever process fills it. A process
 * that ends is followed by another, as {@link Restarts} says; so is a start that fails. Not
 * thread-safe.
 */
final class Place {
  private final String name;
  private final Function<Start, StackProcess> launcher;
  private final LongSupplier nanos;
  private final Restarts restarts = new Restarts();
  private StackProcess process;
  private String lastFailure = "";
  private long started;
  private long startAgainAt;
  private boolean running;

  /** Whether a process is the first in its place. */
  enum Start {
    FIRST,
    AGAIN
  }

  /**
   * Starts the first process.
   *
   * @param launcher starts a process in this place
   * @param nanos a clock that never jumps
   * @throws CliException when it cannot be started
   */
  Place(String name, Function<Start, StackProcess> launcher, LongSupplier nanos) {
    this.name = name;
    this.launcher = launcher;
    this.nanos = nanos;
    launch(Start.FIRST);
  }

  private void launch(Start start) {
    process = launcher.apply(start);
    started = nanos.getAsLong();
    running = true;
  }

  String name() {
    return name;
  }

  /** The process that fills the place, or the last that did. */
  StackProcess process() {
    return process;
  }

  /** Whether its process has ended since {@link #supervise} last looked. */
  boolean hasNewlyEnded() {
    return running && !process.isAlive();
  }

  /** Ends and failed starts in a row; 0 when all went well so far. */
  int failures() {
    return restarts.inARow();
  }

  /** Whether no process fills it now. */
  boolean isEmpty() {
    return !running;
  }

  /** What to tell about a place that cannot be filled. */
  CliException failure() {
    return new CliException(ExitCode.STACK, "service_ended", name + " " + lastFailure);
  }

  /**
   * Notices an end, and starts the next process when its time has come.
   *
   * @param tell told each change
   * @return whether another process fills the place now
   */
  boolean supervise(Consumer<String> tell) {
    if (hasNewlyEnded()) {
      running = false;
      ProcessExit ending = process.ending();
      Duration lived = Duration.ofNanos(nanos.getAsLong() - started);
      failed(
          lived,
          "%s after %s".formatted(ending.how(), Bar.duration(lived.toMillis() / 1e3)),
          ". The end of %s:\n%s".formatted(process.log(), ending.indentedLines()),
          tell);
    }
    if (running || nanos.getAsLong() - startAgainAt < 0) {
      return false;
    }
    try {
      launch(Start.AGAIN);
    } catch (CliException e) {
      failed(Duration.ZERO, "could not be started: " + e.getMessage(), "", tell);
      return false;
    }
    tell.accept("%s runs again as process %d".formatted(name, process.pid()));
    return true;
  }

  private void failed(Duration lived, String what, String more, Consumer<String> tell) {
    Duration pause = restarts.pauseAfter(lived);
    startAgainAt = nanos.getAsLong() + pause.toNanos();
    lastFailure = what + more;
    tell.accept(
        "%s %s; starting it again in %d s (try %d)%s"
            .formatted(name, what, pause.toSeconds(), restarts.inARow(), more));
  }
}
