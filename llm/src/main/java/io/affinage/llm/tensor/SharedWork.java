package io.affinage.llm.tensor;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/** Pieces of work that all threads which wait for them do together, each piece once. */
public final class SharedWork {
  private final int pieces;
  private final IntConsumer work;
  private final AtomicInteger next = new AtomicInteger();
  private final CountDownLatch done;
  private volatile RuntimeException failure;

  /**
   * @param work does the piece of a number from 0
   */
  public SharedWork(int pieces, IntConsumer work) {
    this.pieces = pieces;
    this.work = work;
    this.done = new CountDownLatch(pieces);
  }

  /**
   * Does what no other thread has begun, and waits for those. Returns at once where all is done.
   *
   * @throws RuntimeException what a piece threw, to all who wait
   */
  public void join() {
    for (int i = next.getAndIncrement(); i < pieces; i = next.getAndIncrement()) {
      try {
        work.accept(i);
      } catch (RuntimeException e) {
        failure = e;
      } finally {
        done.countDown();
      }
    }
    boolean interrupted = false;
    while (done.getCount() > 0) {
      try {
        done.await();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (failure != null) {
      throw failure;
    }
  }
}
