package io.affinage.bench.work;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.nio.file.ExtendedOpenOption;
import io.affinage.llm.tensor.Compute;
import io.affinage.llm.tensor.Precision;
import io.affinage.llm.tensor.PrecisionProbe;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What the machine can do at best: matrix products, and reading a model's files from their disk.
 */
final class PeaksWork {
  private static final int CHUNK = 8 << 20;
  private static final int PAGE = 4096;
  private static final int READERS = 4;
  private static final long MOST = 4L << 30;

  private PeaksWork() {}

  static ObjectNode run(JsonNode task) throws IOException {
    ObjectNode result = new JsonMapper().createObjectNode();
    Compute compute = Compute.of("cpu", task.get("dtype").textValue());
    try (NDManager manager = NDManager.newBaseManager(compute.resolveDevice(), "PyTorch")) {
      Precision precision = compute.precision().orElseGet(() -> PrecisionProbe.fastest(manager));
      result.put("dtype", precision.name().toLowerCase(Locale.ROOT));
      result.put("gemmGflops", GemmPeak.measure(manager, precision));
    }
    try {
      result.put("diskGigabytesPerSecond", disk(Path.of(task.get("model").textValue())));
    } catch (IOException | UnsupportedOperationException | UncheckedIOException e) {
      result.put("diskFault", e.toString());
    }
    return result;
  }

  /** One part of a file that is read at once. */
  private record Part(Path file, long at) {}

  /** GB/s of reading past the system's cache, several parts at a time, at most 4 GiB of them. */
  private static double disk(Path folder) throws IOException {
    List<Part> parts = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".safetensors")).toList()) {
        for (long at = 0; at < Files.size(file); at += CHUNK) {
          parts.add(new Part(file, at));
        }
      }
    }
    List<Part> some = parts.subList(0, (int) Math.min(parts.size(), MOST / CHUNK));
    AtomicLong next = new AtomicLong();
    AtomicLong bytes = new AtomicLong();
    long start = System.nanoTime();
    List<Thread> readers =
        IntStream.range(0, READERS)
            .mapToObj(
                i -> {
                  ByteBuffer buffer = ByteBuffer.allocateDirect(CHUNK + PAGE).alignedSlice(PAGE);
                  Thread thread =
                      new Thread(
                          () -> {
                            for (long part = next.getAndIncrement();
                                part < some.size();
                                part = next.getAndIncrement()) {
                              bytes.addAndGet(read(some.get((int) part), buffer));
                            }
                          });
                  thread.start();
                  return thread;
                })
            .toList();
    for (Thread reader : readers) {
      try {
        reader.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    if (bytes.get() == 0) {
      throw new IOException("the disk of " + folder + " is not read past the system's cache");
    }
    return bytes.get() / 1e9 / ((System.nanoTime() - start) / 1e9);
  }

  private static long read(Part part, ByteBuffer buffer) {
    try (FileChannel channel =
        FileChannel.open(part.file(), StandardOpenOption.READ, ExtendedOpenOption.DIRECT)) {
      long read = channel.read(buffer.clear().limit(CHUNK), part.at());
      return Math.max(0, read);
    } catch (IOException e) {
      return 0;
    }
  }
}
