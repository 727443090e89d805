package io.affinage.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.llm.error.LlmException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * QLoRA of a model that is larger than memory, in the exact shape of a well-known one: its weights
 * are streamed from the disk, forward and backward through every layer. There is no peer: where
 * there is a second number, it is what the machine or the goal allows.
 *
 * <p>A run that was cut off, by whatever, goes on when it is started again: the model's folder and
 * what the steps took lie in the work folder until all is told.
 */
final class WorkstationBenchmark implements Benchmark {
  static final int RANK = 16;

  /** The step that is killed on its way. */
  private static final int KILLED_STEP = 2;

  /** Float32 numbers of a trained one in a checkpoint: itself and two moments. */
  private static final int CHECKPOINT_BYTES = 12;

  private static final long SPARE_BYTES = 256L << 20;

  private final FreeSpace freeSpace;

  /** Bytes that a folder's disk has left. */
  @FunctionalInterface
  interface FreeSpace {
    long of(Path folder) throws IOException;
  }

  WorkstationBenchmark(FreeSpace freeSpace) {
    this.freeSpace = freeSpace;
  }

  /** On this machine's disks. */
  static WorkstationBenchmark here() {
    return new WorkstationBenchmark(folder -> Files.getFileStore(folder).getUsableSpace());
  }

  /** Where a run keeps what. */
  private record Places(Path folder) {
    static Places of(Setup setup) {
      Workstation wanted = setup.workstation();
      return new Places(setup.work().resolve("workstation-" + wanted.shape().name()));
    }

    Path model() {
      return folder.resolve("model");
    }

    Path run() {
      return folder.resolve("run");
    }

    Path task() {
      return run().resolve("task.json");
    }

    Path events() {
      return run().resolve("events.jsonl");
    }

    Path checkpoints() {
      return run().resolve("checkpoints");
    }

    Path log() {
      return folder.resolve("log.txt");
    }
  }

  @Override
  public void run(Setup setup, Sides sides, Consumer<Measure> measures) {
    Places places = Places.of(setup);
    Workstation wanted = setup.workstation();
    try {
      Files.createDirectories(places.folder());
      requireDisk(places.folder());
      writeModel(places, setup, sides.progress());
      ObjectNode task = task(places, setup);
      StepLog log = begin(places, task, sides.progress());
      requireRoom(places.folder(), checkpointBytes(wanted.shape()));
      JsonNode peaks = peaks(log, sides, task);
      ObjectNode result = train(setup, sides, places, task, log);
      List<Measure> all = new WorkstationReport(wanted, log, peaks, result).measures();
      try (PrintStream kept =
          new PrintStream(
              Files.newOutputStream(
                  setup.work().resolve("workstation.jsonl"),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.APPEND),
              true,
              StandardCharsets.UTF_8)) {
        all.forEach(measure -> kept.println(measure.toJson()));
      }
      all.forEach(measures);
      Folders.remove(places.run());
      if (!wanted.keep()) {
        Folders.remove(places.folder());
      }
    } catch (LlmException e) {
      throw new BenchException(e.code() + ": " + e.getMessage());
    } catch (IOException e) {
      throw new BenchException("%s: %s".formatted(places.folder(), e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BenchException("interrupted; started again, it goes on");
    }
  }

  private static void requireDisk(Path folder) throws IOException {
    FileStore store = Files.getFileStore(folder);
    if (store.type().equals("tmpfs")) {
      throw new BenchException(
          "%s is in memory (tmpfs), where no model should be read from: name a folder on a disk with --work"
              .formatted(folder));
    }
  }

  private static long checkpointBytes(ModelShape shape) {
    return 2 * CHECKPOINT_BYTES * shape.loraNumbers(RANK);
  }

  private void requireRoom(Path folder, long bytes) throws IOException {
    long needed = bytes + SPARE_BYTES;
    long there = freeSpace.of(folder);
    if (needed > there) {
      throw new BenchException(
          "%s needs %s, but its disk has %s left: free some, or name a folder elsewhere with --work"
              .formatted(folder, gibibytes(needed), gibibytes(there)));
    }
  }

  private void writeModel(Places places, Setup setup, PrintStream progress) throws IOException {
    ModelShape shape = setup.workstation().shape();
    if (SyntheticModel.isIn(places.model(), shape)) {
      progress.println("bench: uses the model in " + places.model() + " again");
      return;
    }
    Folders.remove(places.model());
    Folders.remove(SyntheticModel.part(places.model()));
    String text = Files.readString(setup.text());
    if (text.isBlank()) {
      throw new BenchException(setup.text() + " has no text to learn");
    }
    WrittenBytes written = new WrittenBytes(progress);
    SyntheticModel model = new SyntheticModel(shape, written::add);
    requireRoom(places.folder(), model.bytes() + checkpointBytes(shape));
    progress.printf(
        Locale.ROOT,
        "bench: writes %s in the shape of %s into %s; the disk has %s left%n",
        gibibytes(model.bytes()),
        shape.like(),
        places.model(),
        gibibytes(freeSpace.of(places.folder())));
    written.of(model.bytes());
    try {
      model.write(places.model(), text);
    } finally {
      Folders.remove(SyntheticModel.part(places.model()));
    }
  }

  /** Tells how far the writing is, every few seconds. */
  private static final class WrittenBytes {
    private static final long EVERY = 5_000_000_000L;

    private final PrintStream progress;
    private final long start = System.nanoTime();
    private long all;
    private long bytes;
    private long told = System.nanoTime();

    WrittenBytes(PrintStream progress) {
      this.progress = progress;
    }

    void of(long total) {
      all = total;
    }

    void add(long more) {
      bytes += more;
      long now = System.nanoTime();
      if (now - told > EVERY) {
        told = now;
        double seconds = (now - start) / 1e9;
        progress.printf(
            Locale.ROOT,
            "bench:   %.1f of %.1f GB, %.2f GB/s, %.0f s left%n",
            bytes / 1e9,
            all / 1e9,
            bytes / 1e9 / seconds,
            seconds * (all - bytes) / bytes);
      }
    }
  }

  private static ObjectNode task(Places places, Setup setup) {
    Workstation wanted = setup.workstation();
    return Sides.task()
        .put("model", places.model().toString())
        .put("checkpoints", places.checkpoints().toString())
        .put("text", setup.text().toString())
        .put("tokens", wanted.tokens())
        .put("steps", wanted.steps())
        .put("dtype", setup.dtype())
        .put("rank", RANK)
        .put("alpha", 2 * RANK)
        .put("seed", SftBenchmark.SEED);
  }

  /** What an earlier run of the same task has told, or a new folder. */
  private static StepLog begin(Places places, ObjectNode task, PrintStream progress)
      throws IOException {
    boolean same =
        Files.exists(places.task()) && Files.readString(places.task()).equals(task.toString());
    if (!same) {
      Folders.remove(places.run());
      Files.createDirectories(places.checkpoints());
      Files.writeString(places.task(), task.toString());
    }
    StepLog log = new StepLog(places.events());
    if (!log.steps().isEmpty()) {
      progress.printf(
          "bench: goes on with a run that was cut off after %d steps%n", log.steps().size());
    }
    return log;
  }

  private static JsonNode peaks(StepLog log, Sides sides, ObjectNode task) throws IOException {
    Optional<JsonNode> before = log.last("peaks");
    if (before.isPresent()) {
      return before.get();
    }
    JsonNode found = sides.ours("peaks", task);
    if (!(found instanceof ObjectNode peaks) || peaks.has("error")) {
      throw new BenchException("the machine's peaks were not measured: " + found.path("error"));
    }
    log.add(peaks.put("event", "peaks"));
    return peaks;
  }

  /** Lets processes train until all steps are made; the first is killed where that is wanted. */
  private static ObjectNode train(
      Setup setup, Sides sides, Places places, ObjectNode task, StepLog log)
      throws IOException, InterruptedException {
    Workstation wanted = setup.workstation();
    while (true) {
      boolean kill = wanted.kill() && wanted.steps() >= KILLED_STEP && log.last("killed").isEmpty();
      Process process = sides.begin("workstation", task, places.log());
      try (StreamedTraining training =
          new StreamedTraining(process, log, sides.progress(), setup.timeout(), wanted.steps())) {
        Optional<ObjectNode> result = training.follow(kill ? KILLED_STEP : 0);
        if (result.isPresent()) {
          return result.get();
        }
        if (!kill || log.last("killed").isEmpty()) {
          throw new BenchException(
              "the training ended with status %d after %d steps: %s (%s has more); started again, this goes on"
                  .formatted(
                      process.waitFor(),
                      log.steps().size(),
                      training.fault().orElse(lastLine(places.log())),
                      places.log()));
        }
      }
    }
  }

  private static String lastLine(Path log) throws IOException {
    try (Stream<String> lines = Files.lines(log)) {
      return lines
          .filter(line -> !line.isBlank() && !line.startsWith("\tat "))
          .reduce((a, b) -> b)
          .orElse("it said nothing");
    }
  }

  static String gibibytes(long bytes) {
    return String.format(Locale.ROOT, "%.2f GiB", bytes / (double) (1 << 30));
  }
}
