package io.affinage.cli.stack;

import io.affinage.cli.terminal.Bar;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A service's place in the stack: its kind, name and port stay, whichever process fills it. A
 * process that ends is followed by another, as {@link Restarts} says. Not thread-safe.
 */
final class Place {
  private final Function<Start, ServiceProcess> launcher;
  private final Restarts restarts = new Restarts();
  private ServiceProcess process;
  private long started;
  private long startAgainAt;
  private State state = State.RUNNING;

  /** Whether a process is the first in its place. */
  enum Start {
    FIRST,
    AGAIN
  }

  private enum State {
    RUNNING,
    WAITING,
    GIVEN_UP
  }

  /**
   * Starts the first process.
   *
   * @param launcher starts a process on this place's port
   */
  Place(Function<Start, ServiceProcess> launcher) {
    this.launcher = launcher;
    launch(Start.FIRST);
  }

  private void launch(Start start) {
    process = launcher.apply(start);
    started = System.nanoTime();
    state = State.RUNNING;
  }

  /** The process that fills the place, or the last that did. */
  ServiceProcess process() {
    return process;
  }

  /** Whether its process has ended since {@link #supervise} last looked. */
  boolean hasNewlyEnded() {
    return state == State.RUNNING && !process.isAlive();
  }

  boolean isGivenUp() {
    return state == State.GIVEN_UP;
  }

  /**
   * Notices an end, and starts the next process when its time has come.
   *
   * @param tell told each change
   * @return whether another process fills the place now
   */
  boolean supervise(Consumer<String> tell) {
    long now = System.nanoTime();
    if (hasNewlyEnded()) {
      Duration lived = Duration.ofNanos(now - started);
      Optional<Duration> pause = restarts.pauseAfter(lived);
      tell.accept(
          "%s ended with status %d after %s; %s (its log: %s)"
              .formatted(
                  process.name(),
                  process.exitStatus(),
                  Bar.duration(lived.toMillis() / 1e3),
                  pause
                      .map(
                          wait ->
                              "starting it again in %d s (%d of %d)"
                                  .formatted(wait.toSeconds(), restarts.inARow(), Restarts.MOST))
                      .orElse("it ended too often and stays down"),
                  process.log()));
      state = pause.isPresent() ? State.WAITING : State.GIVEN_UP;
      startAgainAt = now + pause.orElse(Duration.ZERO).toNanos();
    }
    if (state == State.WAITING && now - startAgainAt >= 0) {
      launch(Start.AGAIN);
      tell.accept("%s runs again as process %d".formatted(process.name(), process.pid()));
      return true;
    }
    return false;
  }
}
