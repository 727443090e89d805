package io.affinage.trainer.work;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/** Beats as long as an attempt runs, on a thread of its own, so that a long step loses no lease. */
final class Heart implements AutoCloseable {
  private final ScheduledExecutorService thread;

  Heart(Tenure tenure, IntSupplier step, long everyMillis) {
    thread =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread t = new Thread(task, "trainer-heart");
              t.setDaemon(true);
              return t;
            });
    thread.scheduleAtFixedRate(
        () -> tenure.heartbeat(step.getAsInt()), everyMillis, everyMillis, TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
