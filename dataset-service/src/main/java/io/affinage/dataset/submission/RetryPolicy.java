package io.affinage.dataset.submission;

import java.time.Duration;

/**
 * How often work is tried when the store or the source fails.
 *
 * @param attempts in all, at least 1
 * @param pause before the second one; doubles each time
 */
public record RetryPolicy(int attempts, Duration pause) {
  public RetryPolicy {
    if (attempts < 1 || pause.isNegative()) {
      throw new IllegalArgumentException("attempts start at 1, the pause at 0");
    }
  }

  void pauseAfter(int attempt) throws InterruptedException {
    Thread.sleep(pause.toMillis() << Math.min(attempt - 1, 10));
  }
}
