package io.affinage.dataset.ingest;

import io.affinage.dataset.reading.FoundRow;
import io.affinage.dataset.reading.RowReader;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Prepares rows on several threads and hands them on in the order of the file: cutting and handing
 * on happen on the caller's thread. What is under way is bounded in rows and in bytes.
 */
final class RowPipeline implements AutoCloseable {
  private static final int BATCH_ROWS = 512;
  private static final long BATCH_BYTES = 1 << 18;

  private final RowPreparation preparation;
  private final ExecutorService workers;
  private final int mostUnderWay;

  RowPipeline(RowPreparation preparation, int threads) {
    this.preparation = preparation;
    this.workers = Executors.newFixedThreadPool(threads, RowPipeline::worker);
    this.mostUnderWay = 2 * threads;
  }

  /** Where the prepared rows go, one after the other. */
  interface Sink {
    void take(PreparedRow row) throws IOException;
  }

  /**
   * Takes all rows to their end. Where the file cannot be read on, the rows before that place are
   * handed on first, so that what is told of a dataset does not depend on the threads.
   */
  void run(RowReader reader, Sink sink) throws IOException {
    Deque<Future<List<PreparedRow>>> underWay = new ArrayDeque<>();
    Cut cut;
    do {
      cut = cut(reader);
      if (!cut.rows().isEmpty()) {
        List<FoundRow> rows = cut.rows();
        underWay.add(workers.submit(() -> preparation.prepare(rows)));
      }
      while (underWay.size() > (cut.ended() ? 0 : mostUnderWay)) {
        for (PreparedRow row : prepared(underWay.remove())) {
          sink.take(row);
        }
      }
    } while (!cut.ended());
    cut.rethrow();
  }

  /**
   * Some rows.
   *
   * @param ended whether these are the last
   * @param failure why there are no more; null at the end of the file
   */
  private record Cut(List<FoundRow> rows, boolean ended, Exception failure) {
    void rethrow() throws IOException {
      if (failure instanceof IOException io) {
        throw io;
      }
      if (failure instanceof RuntimeException runtime) {
        throw runtime;
      }
    }
  }

  private static Cut cut(RowReader reader) {
    List<FoundRow> rows = new ArrayList<>();
    long bytes = 0;
    try {
      while (rows.size() < BATCH_ROWS && bytes < BATCH_BYTES) {
        FoundRow row = reader.next();
        if (row == null) {
          return new Cut(rows, true, null);
        }
        rows.add(row);
        bytes += row.weight();
      }
    } catch (IOException | RuntimeException e) {
      return new Cut(rows, true, e);
    }
    return new Cut(rows, false, null);
  }

  private static List<PreparedRow> prepared(Future<List<PreparedRow>> batch) throws IOException {
    try {
      return batch.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("the ingestion was stopped");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw e.getCause() instanceof RuntimeException known
          ? known
          : new IllegalStateException(e.getCause());
    }
  }

  private static Thread worker(Runnable work) {
    Thread thread = new Thread(work, "ingest-rows");
    thread.setDaemon(true);
    return thread;
  }

  /** Work that nobody waits for any more is given up; each batch is short. */
  @Override
  public void close() {
    workers.shutdownNow();
  }
}
