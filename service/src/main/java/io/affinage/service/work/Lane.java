package io.affinage.service.work;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;

/**
 * Threads that work on records of one kind, small or large, and the records that wait for them. All
 * but the work itself is for the loop's thread.
 */
final class Lane {
  private final int threads;
  private final ExecutorService workers;
  private final Set<PendingRecord> underWay = new HashSet<>();
  private final FairQueue waiting = new FairQueue();

  Lane(String name, int threads) {
    this.threads = threads;
    this.workers = Executors.newFixedThreadPool(threads, task -> new Thread(task, name));
  }

  boolean hasRoom() {
    return underWay.size() < threads;
  }

  /** Whether such a record is under way. */
  boolean has(Predicate<PendingRecord> such) {
    return underWay.stream().anyMatch(such);
  }

  FairQueue waiting() {
    return waiting;
  }

  Set<PendingRecord> underWay() {
    return underWay;
  }

  void begin(PendingRecord work, Runnable task) {
    underWay.add(work);
    workers.execute(task);
  }

  void ended(PendingRecord work) {
    underWay.remove(work);
  }

  /** What is under way is interrupted. */
  void stop() {
    workers.shutdownNow();
  }
}
