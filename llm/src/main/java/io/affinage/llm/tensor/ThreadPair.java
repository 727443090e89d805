package io.affinage.llm.tensor;

import ai.djl.pytorch.jni.JniUtils;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Two threads that share the processors: operations that one of them calls run on half of the
 * threads that operations otherwise have. Two halves of some work end sooner than one after the
 * other on all threads, because operations are small: what does not scale, or runs on one thread,
 * is done by both at once.
 */
public final class ThreadPair implements AutoCloseable {
  private final ExecutorService threads;

  private ThreadPair(int all) {
    threads = OperationThreads.start(2, all / 2, "affinage-half");
  }

  /** Starts the threads; nothing where operations have no even number of threads to be halved. */
  public static Optional<ThreadPair> start() {
    int all = JniUtils.getNumThreads();
    return all % 2 == 0 ? Optional.of(new ThreadPair(all)) : Optional.empty();
  }

  /**
   * Does both at once, and returns when both have ended.
   *
   * @return both results, the first one's first
   * @throws RuntimeException what the first threw, or else the second
   */
  public <T> List<T> run(Supplier<T> first, Supplier<T> second) {
    CompletableFuture<T> one = CompletableFuture.supplyAsync(first, threads);
    CompletableFuture<T> other = CompletableFuture.supplyAsync(second, threads);
    other.handle((result, thrown) -> result).join();
    return Stream.of(one, other).map(ThreadPair::result).toList();
  }

  private static <T> T result(CompletableFuture<T> work) {
    try {
      return work.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      if (e.getCause() instanceof Error cause) {
        throw cause;
      }
      throw e;
    }
  }

  @Override
  public void close() {
    threads.shutdown();
  }
}
