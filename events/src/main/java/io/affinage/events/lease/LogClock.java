package io.affinage.events.lease;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * The time of a log as its reader can tell it, so that the machines' clocks need not agree: the
 * reader's own clock, set back by the least age that any entry had when it was read. Right up to
 * the time that the fastest entry took; at first, when only old entries were read, it lags by their
 * age, and a lease is then taken to run longer than it does. Thread-safe.
 *
 * <p>It only decides what is shown and when a claim is tried. Whether a claim wins follows from the
 * log alone.
 */
public final class LogClock implements InstantSource {
  private final InstantSource own;
  private volatile @Nullable Duration leastAge;

  /** Beside the machine's clock. */
  public LogClock() {
    this(InstantSource.system());
  }

  /** Beside another clock. */
  public LogClock(InstantSource own) {
    this.own = own;
  }

  /** An entry was read just now. */
  public synchronized void read(Instant entryTime) {
    Duration age = Duration.between(entryTime, own.instant());
    Duration least = leastAge;
    if (least == null || age.compareTo(least) < 0) {
      leastAge = age;
    }
  }

  @Override
  public Instant instant() {
    Duration least = leastAge;
    return least == null ? own.instant() : own.instant().minus(least);
  }
}
