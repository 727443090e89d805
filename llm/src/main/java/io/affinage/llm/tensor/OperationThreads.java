package io.affinage.llm.tensor;

import ai.djl.pytorch.jni.JniUtils;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Threads of which each runs the operations that it calls on so many threads of its own. */
final class OperationThreads {
  private OperationThreads() {}

  /**
   * Starts them; they do not keep the process alive.
   *
   * @param count how many
   * @param each threads that an operation of each of them has
   */
  static ExecutorService start(int count, int each, String name) {
    int before = JniUtils.getNumThreads();
    CountDownLatch started = new CountDownLatch(count);
    ExecutorService threads =
        Executors.newFixedThreadPool(
            count,
            work -> {
              Thread thread =
                  new Thread(
                      () -> {
                        JniUtils.setNumThreads(each);
                        // A thread's first use would set it to what is then the last one set.
                        JniUtils.getNumThreads();
                        started.countDown();
                        work.run();
                      },
                      name);
              thread.setDaemon(true);
              return thread;
            });
    for (int i = 0; i < count; i++) {
      threads.execute(() -> {});
    }
    boolean interrupted = false;
    while (started.getCount() > 0) {
      try {
        started.await();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    // The number belongs to the thread that sets it, but threads that come later inherit the last.
    JniUtils.setNumThreads(before);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return threads;
  }
}
