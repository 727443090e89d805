package io.affinage.trainer.work;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Beats as long as an attempt runs, on a thread of its own, so that a long step loses no lease. */
final class LeaseHeartbeat implements AutoCloseable {
  private static final Logger LOG = System.getLogger(LeaseHeartbeat.class.getName());

  private final ScheduledExecutorService thread;

  /**
   * @param beat keeps the lease; it is tried again whatever it throws
   */
  LeaseHeartbeat(Runnable beat, long everyMillis) {
    thread =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread t = new Thread(task, "trainer-heartbeat");
              t.setDaemon(true);
              return t;
            });
    thread.scheduleWithFixedDelay(
        () -> beatOnce(beat), everyMillis, everyMillis, TimeUnit.MILLISECONDS);
  }

  /** What a task throws would end all later ones, and with them the lease. */
  private static void beatOnce(Runnable beat) {
    try {
      beat.run();
    } catch (RuntimeException | Error e) {
      LOG.log(Level.ERROR, "A heartbeat failed, going on", e);
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
