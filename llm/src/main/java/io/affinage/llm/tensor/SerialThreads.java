package io.affinage.llm.tensor;

import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;

/**
 * As many threads as operations have, each of which runs its operations alone: for work in pieces
 * whose operations are not divided well.
 */
public final class SerialThreads implements AutoCloseable {
  private final int count;
  private final ExecutorService threads;

  private SerialThreads(int count) {
    this.count = count;
    this.threads = OperationThreads.start(count, 1, "affinage-serial");
  }

  /** Starts as many threads as operations of the calling thread have. */
  public static SerialThreads start() {
    return new SerialThreads(JniUtils.getNumThreads());
  }

  /** Whether operations of the calling thread have more than one thread, which work could share. */
  public static boolean wouldShare() {
    return JniUtils.getNumThreads() > 1;
  }

  /** Lets every thread do the same work, which divides itself, and returns when all have. */
  public void run(Runnable work) {
    List<CompletableFuture<Void>> running = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      running.add(CompletableFuture.runAsync(work, threads));
    }
    CompletableFuture.allOf(running.toArray(CompletableFuture[]::new)).join();
  }

  @Override
  public void close() {
    threads.shutdown();
  }
}
