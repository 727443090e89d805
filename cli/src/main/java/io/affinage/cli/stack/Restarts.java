package io.affinage.cli.stack;

import java.time.Duration;
import java.util.Optional;

/**
 * How often and how soon a process that ended is started again: after pauses that double, until it
 * has ended too often in a row. Has no clock; not thread-safe.
 */
final class Restarts {
  /** Starts again in a row, after which there is no other. */
  static final int MOST = 5;

  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

  /** A process that lived so long did its work: its end begins a new row. */
  private static final Duration STEADY = Duration.ofMinutes(1);

  private int inARow;

  /**
   * The pause before the next start.
   *
   * @param lived how long the process that ended had run
   * @return empty when it has ended too often
   */
  Optional<Duration> pauseAfter(Duration lived) {
    if (lived.compareTo(STEADY) >= 0) {
      inARow = 0;
    }
    if (inARow == MOST) {
      return Optional.empty();
    }
    return Optional.of(FIRST_PAUSE.multipliedBy(1L << inARow++));
  }

  /** How many in this row, the one that was last allowed included. */
  int inARow() {
    return inARow;
  }
}
