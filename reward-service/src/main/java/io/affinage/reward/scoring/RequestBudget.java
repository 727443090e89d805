package io.affinage.reward.scoring;

import java.time.Duration;
import java.util.function.LongSupplier;

/** What scoring all items of one request may cost, and each of them. */
public final class RequestBudget {
  /** Steps of a request; five to ten seconds. */
  public static final long STEPS = 5 * Budget.ITEM_STEPS;

  /** Time of a request. */
  public static final Duration TIME = Duration.ofSeconds(20);

  private final long steps;
  private final long deadline;
  private final LongSupplier nanos;
  private long spent;

  RequestBudget(long steps, Duration time, LongSupplier nanos) {
    this.steps = steps;
    this.nanos = nanos;
    this.deadline = nanos.getAsLong() + time.toNanos();
  }

  /** A request's, from now on. */
  public static RequestBudget start() {
    return new RequestBudget(STEPS, TIME, System::nanoTime);
  }

  /** Whether another item may be begun. */
  boolean isLeft() {
    return spent < steps && deadline - nanos.getAsLong() > 0;
  }

  Budget item() {
    return new Budget(Budget.ITEM_STEPS, Budget.ITEM_TIME, nanos);
  }

  void charge(Budget item) {
    spent += item.spent();
  }
}
