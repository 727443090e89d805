package io.affinage.reward.scoring;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * What scoring one item may cost. Steps (some ten nanoseconds each) are counted, so that the same
 * input gets the same answer on every machine; time is the last resort, for what the counting
 * underestimates.
 */
public final class Budget {
  /** Steps of one item; one to two seconds. */
  public static final long ITEM_STEPS = 100_000_000L;

  /** Time of one item. */
  public static final Duration ITEM_TIME = Duration.ofSeconds(5);

  private final long steps;
  private final long deadline;
  private final LongSupplier nanos;
  private long spent;
  private boolean exhausted;

  /**
   * @param nanos a clock as {@link System#nanoTime}
   */
  Budget(long steps, Duration time, LongSupplier nanos) {
    this.steps = steps;
    this.nanos = nanos;
    this.deadline = nanos.getAsLong() + time.toNanos();
  }

  /** The budget of an item that is scored alone. */
  public static Budget ofItem() {
    return new Budget(ITEM_STEPS, ITEM_TIME, System::nanoTime);
  }

  /**
   * Takes steps off before they are done. Once it has thrown, it throws for ever: a library in
   * between may have swallowed it.
   *
   * @throws ExhaustedException when there are not so many left, or the time is over
   */
  void spend(long more) {
    if (exhausted || more > steps - spent) {
      exhausted = true;
      throw new ExhaustedException(
          "scoring would take more than the %d steps of an item; shorten the text, or simplify the pattern or schema"
              .formatted(steps));
    }
    spent += more;
    if (deadline - nanos.getAsLong() < 0) {
      exhausted = true;
      throw new ExhaustedException(
          "scoring took longer than an item may; shorten the text, or simplify the pattern or"
              + " schema");
    }
  }

  long spent() {
    return spent;
  }

  /** The item costs more than it may. */
  static final class ExhaustedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ExhaustedException(String message) {
      super(message);
    }
  }
}
