package io.affinage.events.lease;

import io.affinage.events.ErrorDetail;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/**
 * Whether this worker is fit for jobs. After a fault of its own it takes no job for a while, longer
 * each time, so that others come first, and says why. Thread-safe.
 */
public final class WorkerFitness {
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

  private final Duration firstPause;
  private final InstantSource clock;
  private int faultsInARow;
  private Optional<Ailment> last = Optional.empty();

  /**
   * What it suffers from.
   *
   * @param until when it tries again
   */
  public record Ailment(ErrorDetail why, Instant until) {}

  /**
   * @param firstPause after the first of several faults in a row; it doubles each time, up to 1 min
   */
  public WorkerFitness(Duration firstPause, InstantSource clock) {
    this.firstPause = firstPause;
    this.clock = clock;
  }

  /** It could not do what another worker might. */
  public synchronized void failed(ErrorDetail why) {
    Duration pause = firstPause;
    for (int i = 0; i < faultsInARow && pause.compareTo(LONGEST_PAUSE) < 0; i++) {
      pause = pause.multipliedBy(2);
    }
    faultsInARow++;
    Duration taken = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
    last = Optional.of(new Ailment(why, clock.instant().plus(taken)));
  }

  /** It has done a whole job. */
  public synchronized void worked() {
    faultsInARow = 0;
    last = Optional.empty();
  }

  /** Empty while it takes jobs. */
  public synchronized Optional<Ailment> ailment() {
    return last.filter(each -> clock.instant().isBefore(each.until()));
  }
}
