package io.affinage.trainer.work;

import io.affinage.events.ErrorDetail;
import java.util.Optional;

/** What an attempt's heartbeats say: the step, and what is waited for. */
final class Signs {
  private final Tenure tenure;
  private final WorkMetrics metrics;
  private volatile Optional<ErrorDetail> waiting = Optional.empty();
  private volatile int step;

  Signs(Tenure tenure, WorkMetrics metrics) {
    this.tenure = tenure;
    this.metrics = metrics;
  }

  /** A regular sign of life. */
  void beat(int atStep) {
    step = atStep;
    tenure.heartbeat(atStep, waiting);
  }

  /** Says it at once when waiting begins or ends; later signs repeat it. */
  void waiting(Optional<ErrorDetail> what) {
    boolean changed = waiting.isPresent() != what.isPresent();
    waiting = what;
    metrics.waiting(what.isPresent());
    if (changed) {
      tenure.heartbeat(step, what);
    }
  }
}
