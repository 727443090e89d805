package io.affinage.events.follow;

import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A thread that takes a step again and again until it is closed. Whatever ends a step, the next one
 * is taken after a pause; until it has succeeded, the failure is told. Thread-safe.
 */
final class Perpetual {
  private static final Logger LOG = LoggerFactory.getLogger(Perpetual.class);
  private static final long PAUSE_MILLIS = 1_000;
  private static final long CLOSE_MILLIS = 10_000;

  private final String name;
  private final Steps steps;
  private final Thread thread;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition closed = lock.newCondition();
  // All guarded by the lock.
  private boolean closing;
  private long restarts;
  private Optional<String> failure = Optional.empty();

  /** What is done. All but {@link #wakeUp()} is called on the thread. */
  interface Steps {
    /** One step; short, or ended by {@link #wakeUp()}. */
    void take();

    /** A step failed: whatever it left half-done is to be dropped. */
    void recover();

    /** Makes a step end soon. */
    void wakeUp();

    /** Nothing follows. */
    void end();
  }

  Perpetual(String name, Steps steps) {
    this.name = name;
    this.steps = steps;
    this.thread = new Thread(this::run, name);
    this.thread.setDaemon(true);
  }

  /** No effect on one that was started or closed. */
  void start() {
    lock.lock();
    try {
      if (!closing && thread.getState() == Thread.State.NEW) {
        thread.start();
      }
    } finally {
      lock.unlock();
    }
  }

  boolean isClosing() {
    lock.lock();
    try {
      return closing;
    } finally {
      lock.unlock();
    }
  }

  /** The last failure, until a step succeeds. */
  Optional<String> trouble() {
    lock.lock();
    try {
      boolean ended = thread.getState() != Thread.State.NEW && !thread.isAlive();
      return ended ? Optional.of("it has ended") : failure;
    } finally {
      lock.unlock();
    }
  }

  long restarts() {
    lock.lock();
    try {
      return restarts;
    } finally {
      lock.unlock();
    }
  }

  void close() {
    lock.lock();
    try {
      closing = true;
      closed.signalAll();
      if (thread.getState() == Thread.State.NEW) {
        steps.end();
        return;
      }
    } finally {
      lock.unlock();
    }
    steps.wakeUp();
    try {
      thread.join(CLOSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    while (!isClosing()) {
      try {
        takeSteps();
      } catch (Throwable e) {
        // Out of memory, it may not even have been able to tell; nothing ends it for good.
        LOG.error("{} begins again", name, e);
      }
    }
    steps.end();
  }

  private void takeSteps() {
    try {
      while (!isClosing()) {
        steps.take();
        succeeded();
      }
    } catch (WakeupException e) {
      // It is being closed.
    } catch (Throwable e) {
      failed(e);
      steps.recover();
      pause();
    }
  }

  private void succeeded() {
    lock.lock();
    try {
      failure.ifPresent(why -> LOG.info("{} goes on", name));
      failure = Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  private void failed(Throwable reason) {
    lock.lock();
    try {
      restarts++;
      failure = Optional.of(reason.toString());
    } finally {
      lock.unlock();
    }
    if (reason instanceof KafkaException) {
      LOG.warn("{} has to begin again: {}", name, reason.toString());
    } else {
      LOG.error("{} has to begin again", name, reason);
    }
  }

  private void pause() {
    lock.lock();
    try {
      if (!closing) {
        closed.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      // Only closing ends it.
    } finally {
      lock.unlock();
    }
  }
}
