package io.affinage.cli.stack;

import java.time.Duration;

/**
 * How soon a process that ended is started again: after pauses that double up to two minutes, for
 * as long as it takes. Has no clock; not thread-safe.
 */
final class Restarts {
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(2);

  /** A process that lived so long did its work: its end begins a new row. */
  private static final Duration STEADY = Duration.ofMinutes(1);

  private Duration next = FIRST_PAUSE;
  private int inARow;

  /**
   * The pause before the next start.
   *
   * @param lived how long the process that ended had run
   */
  Duration pauseAfter(Duration lived) {
    if (lived.compareTo(STEADY) >= 0) {
      inARow = 0;
      next = FIRST_PAUSE;
    }
    inARow++;
    Duration pause = next;
    Duration doubled = pause.multipliedBy(2);
    next = doubled.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : doubled;
    return pause;
  }

  /** Ends in this row: since the start, or since a process that lived long. */
  int inARow() {
    return inARow;
  }
}
