package io.affinage.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * Samples what memory a process has, from {@code /proc}, until closed: Linux only. Peaks are of the
 * samples.
 */
final class ProcessMemory implements AutoCloseable {
  private static final long EVERY_MILLIS = 20;

  private final Path status;
  private final Thread thread = new Thread(this::sample, "process-memory");
  private volatile long anonymous;
  private volatile long resident;
  private volatile boolean closed;

  /**
   * @param anonymous the peak of an earlier part of the same work, bytes
   * @param resident likewise
   */
  ProcessMemory(long pid, long anonymous, long resident) {
    this.status = Path.of("/proc", Long.toString(pid), "status");
    this.anonymous = anonymous;
    this.resident = resident;
    thread.setDaemon(true);
    thread.start();
  }

  private void sample() {
    while (!closed) {
      try {
        long anon = 0;
        for (String line : Files.readAllLines(status)) {
          if (line.startsWith("RssAnon:") || line.startsWith("RssShmem:")) {
            anon += bytes(line);
          } else if (line.startsWith("VmRSS:")) {
            resident = Math.max(resident, bytes(line));
          }
        }
        anonymous = Math.max(anonymous, anon);
        TimeUnit.MILLISECONDS.sleep(EVERY_MILLIS);
      } catch (IOException e) {
        return; // The process has ended.
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private static long bytes(String line) {
    return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
  }

  /** The most bytes of RssAnon and RssShmem together: heap, tensors, buffers. */
  long anonymous() {
    return anonymous;
  }

  /** The most bytes of VmRSS: those and the pages of mapped files. */
  long resident() {
    return resident;
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
  }
}
