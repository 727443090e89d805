package io.affinage.trainer.job;

/**
 * Who may work on a job. The reader's own clock judges silence, so clocks need not agree: a lease
 * counts from when its last sign of life was read.
 */
public sealed interface Lease {

  /** Attempts claimed so far. */
  int attempt();

  /** Nobody has claimed the job yet. */
  record Unclaimed() implements Lease {
    @Override
    public int attempt() {
      return 0;
    }
  }

  /** The worker whose claim of this attempt came first in the log. */
  record Held(int attempt, String workerId, long leaseMillis, long heardAt) implements Lease {
    /** Whether the worker was heard within the lease. */
    public boolean liveAt(long nowMillis) {
      return nowMillis - heardAt < leaseMillis;
    }

    public boolean by(String worker) {
      return workerId.equals(worker);
    }
  }

  /** The worker gave the attempt up in good order. */
  record Released(int attempt, String workerId) implements Lease {}

  /** A claim was read: it wins when it is for a later attempt than any before it. */
  static Lease claimed(
      Lease before, int attempt, String workerId, long leaseMillis, long nowMillis) {
    return attempt > before.attempt()
        ? new Held(attempt, workerId, leaseMillis, nowMillis)
        : before;
  }

  /** A sign of life was read: it counts when it is from the holder of the current attempt. */
  static Lease heard(Lease before, int attempt, String workerId, long nowMillis) {
    if (heldBy(before, attempt, workerId)) {
      return new Held(attempt, workerId, ((Held) before).leaseMillis(), nowMillis);
    }
    return before;
  }

  /** A release was read: it counts when it is from the holder of the current attempt. */
  static Lease released(Lease before, int attempt, String workerId) {
    return heldBy(before, attempt, workerId) ? new Released(attempt, workerId) : before;
  }

  /** Whether this worker holds exactly this attempt. */
  static boolean heldBy(Lease lease, int attempt, String workerId) {
    return lease instanceof Held held && held.attempt() == attempt && held.by(workerId);
  }
}
