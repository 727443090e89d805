package io.affinage.eval.kafka;

import io.affinage.eval.run.ProgressListener;
import io.affinage.eval.run.Variant;
import io.affinage.events.ErrorDetail;
import io.affinage.events.EvaluationClaimed;
import io.affinage.events.EvaluationProgressed;
import io.affinage.events.EvaluationRequested;
import io.affinage.events.Event;
import io.affinage.events.EventData;
import io.affinage.events.EventFactory;
import io.affinage.events.lease.LeaseLostException;
import io.affinage.events.lease.kafka.JobAttempt;
import io.affinage.events.lease.kafka.JobClaimer;
import io.affinage.events.lease.kafka.JobLogUnavailableException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jboss.logging.Logger;

/**
 * Keeps an attempt's lease while its worker computes: progress when there is some, else the claim
 * again. A broker that is away is no reason to stop; another worker's claim is.
 */
final class AttemptHeartbeat implements ProgressListener, AutoCloseable {
  private static final Logger LOG = Logger.getLogger(AttemptHeartbeat.class);

  private final JobClaimer claimer;
  private final JobAttempt attempt;
  private final EventFactory events;
  private final Event<EvaluationRequested> request;
  private final AtomicReference<EvaluationProgressed> news = new AtomicReference<>();
  private final ScheduledExecutorService beat =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "eval-heart");
            thread.setDaemon(true);
            return thread;
          });
  private final Runnable unsent;
  private volatile Optional<ErrorDetail> waiting = Optional.empty();
  private volatile boolean changed;
  private long lastSign = System.nanoTime();

  private AttemptHeartbeat(
      JobClaimer claimer,
      JobAttempt attempt,
      EventFactory events,
      Event<EvaluationRequested> request,
      Runnable unsent) {
    this.unsent = unsent;
    this.claimer = claimer;
    this.attempt = attempt;
    this.events = events;
    this.request = request;
  }

  /**
   * @param unsent told of each sign that did not reach the log
   */
  static AttemptHeartbeat start(
      JobClaimer claimer,
      JobAttempt attempt,
      EventFactory events,
      Event<EvaluationRequested> request,
      Duration progressEvery,
      Runnable unsent) {
    AttemptHeartbeat heartbeat = new AttemptHeartbeat(claimer, attempt, events, request, unsent);
    long millis = Math.max(1, Math.min(progressEvery.toMillis(), claimer.lease().toMillis() / 4));
    heartbeat.beat.scheduleWithFixedDelay(heartbeat::beat, millis, millis, TimeUnit.MILLISECONDS);
    return heartbeat;
  }

  @Override
  public void at(Variant variant, int done, int total) {
    news.set(
        new EvaluationProgressed(
            attempt.jobId(),
            attempt.attempt(),
            attempt.workerId(),
            variant.wireName(),
            done,
            total));
  }

  /** Says what the worker waits for, until it goes on (empty). */
  void waitsFor(Optional<ErrorDetail> what) {
    changed |= waiting.isPresent() || what.isPresent();
    waiting = what;
  }

  /**
   * @throws LeaseLostException when another worker has the evaluation now, or it is over
   */
  void requireHeld() {
    if (!attempt.isHeld()) {
      throw new LeaseLostException(
          attempt.jobId(), attempt.attempt(), attempt.workerId(), attempt.state());
    }
  }

  /** What a task throws would end all later ones, and with them the lease. */
  private void beat() {
    try {
      sign();
    } catch (RuntimeException | Error e) {
      unsent.run();
      LOG.errorf(e, "No sign of life from %s", attempt.jobId());
    }
  }

  private void sign() {
    EventData sign = news.getAndSet(null);
    if (changed || (sign == null && System.nanoTime() - lastSign > claimer.lease().toNanos() / 3)) {
      changed = false;
      sign =
          new EvaluationClaimed(
              attempt.jobId(),
              attempt.attempt(),
              attempt.workerId(),
              claimer.lease().toMillis(),
              waiting.orElse(null));
    }
    if (sign == null || !attempt.isHeld()) {
      return;
    }
    try {
      claimer.writer().append(events.causedBy(request, sign), claimer.lease());
      lastSign = System.nanoTime();
    } catch (JobLogUnavailableException e) {
      unsent.run();
      LOG.warnf("No sign of life from %s: %s", attempt.jobId(), e.getMessage());
    }
  }

  @Override
  public void close() {
    beat.shutdownNow();
    try {
      // Nothing of this attempt may follow its end.
      beat.awaitTermination(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
