package io.affinage.trainer.work;

import io.affinage.events.ErrorDetail;
import java.util.Optional;

/** What an attempt's heartbeats say: the step, and what is waited for. */
final class Signs {
  private final AttemptLease attemptLease;
  private final WorkMetrics metrics;
  private volatile Optional<ErrorDetail> waiting = Optional.empty();
  private volatile int step;

  Signs(AttemptLease attemptLease, WorkMetrics metrics) {
    this.attemptLease = attemptLease;
    this.metrics = metrics;
  }

  /** A regular sign of life. */
  void beat(int atStep) {
    step = atStep;
    attemptLease.heartbeat(atStep, waiting);
  }

  /** Says it at once when waiting begins or ends; later signs repeat it. */
  void waiting(Optional<ErrorDetail> what) {
    boolean changed = waiting.isPresent() != what.isPresent();
    waiting = what;
    metrics.waiting(what.isPresent());
    if (changed) {
      attemptLease.heartbeat(step, what);
    }
  }
}
