package io.affinage.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Follows a process that trains on streamed weights: keeps what it says of steps, tells its
 * progress by layer with an estimate, samples its memory, and ends it where it says nothing for too
 * long. Closing it ends the process.
 */
final class StreamedTraining implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();
  private static final long TELL_EVERY = 2_000_000_000L;

  private final Process process;
  private final StepLog log;
  private final PrintStream progress;
  private final Duration silence;
  private final int steps;
  private final ProcessMemory memory;
  private final Thread stop;
  private final Thread watch = new Thread(this::watch, "silence");
  private volatile long heard = System.nanoTime();
  private volatile String fault;
  private long told;

  /**
   * @param log takes what the process says of steps
   * @param silence after which it is ended
   * @param steps of the whole training
   */
  StreamedTraining(
      Process process, StepLog log, PrintStream progress, Duration silence, int steps) {
    this.process = process;
    this.log = log;
    this.progress = progress;
    this.silence = silence;
    this.steps = steps;
    this.memory = new ProcessMemory(process.pid(), log.most("anonymous"), log.most("resident"));
    this.stop = new Thread(process::destroyForcibly);
    Runtime.getRuntime().addShutdownHook(stop);
    watch.setDaemon(true);
    watch.start();
  }

  private void watch() {
    try {
      while (process.isAlive()) {
        if (System.nanoTime() - heard > silence.toNanos()) {
          fault = "cut off after %d s of silence (see --timeout)".formatted(silence.toSeconds());
          process.destroyForcibly();
        }
        TimeUnit.MILLISECONDS.sleep(100);
      }
    } catch (InterruptedException e) {
      // Closed.
    }
  }

  /**
   * Reads to the process's end.
   *
   * @param killedStep the step in the middle of whose backward pass the process is killed; 0 for
   *     none
   * @return its result; empty where it ended before
   */
  Optional<ObjectNode> follow(int killedStep) throws IOException {
    Optional<ObjectNode> result = Optional.empty();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        heard = System.nanoTime();
        if (!line.startsWith("{") || !(JSON.readTree(line) instanceof ObjectNode said)) {
          continue;
        }
        if (said.has("error")) {
          fault = said.get("error").asText();
        } else if (!said.has("event")) {
          result = Optional.of(said);
        } else if (take(said, killedStep)) {
          process.destroyForcibly();
          keep(said.put("event", "killed"));
          progress.printf(
              "bench:   killed in step %d, layer %d of the backward pass%n",
              killedStep, said.get("layer").intValue());
          return Optional.empty();
        }
      }
    }
    return result;
  }

  /** Why it gave no result, where that is known. */
  Optional<String> fault() {
    return Optional.ofNullable(fault);
  }

  /**
   * @return whether the process is to be killed now
   */
  private boolean take(ObjectNode said, int killedStep) throws IOException {
    switch (said.get("event").textValue()) {
      case "block" -> {
        tell(said);
        int use = said.get("use").intValue();
        return said.get("step").intValue() == killedStep
            && use == said.get("uses").intValue() * 3 / 4;
      }
      case "step" -> {
        keep(said);
        progress.printf(
            Locale.ROOT,
            "bench:   step %d of %d: loss %.4f, %.1f s (%.1f dequantizing, %.1f waiting for the disk), %s anonymous so far%n",
            said.get("step").intValue(),
            steps,
            said.get("loss").doubleValue(),
            said.get("seconds").doubleValue(),
            said.get("dequantizing").doubleValue(),
            said.get("waiting").doubleValue(),
            WorkstationBenchmark.gibibytes(memory.anonymous()));
      }
      case "opened" -> {
        keep(said);
        progress.printf(
            Locale.ROOT,
            "bench:   opened in %.1f s, %d numbers are trained, after step %d%n",
            said.get("seconds").doubleValue(),
            said.get("trained").longValue(),
            said.get("resumedFrom").intValue());
      }
      default -> keep(said);
    }
    return false;
  }

  private void keep(ObjectNode said) throws IOException {
    log.add(said.put("anonymous", memory.anonymous()).put("resident", memory.resident()));
  }

  private void tell(JsonNode block) {
    long now = System.nanoTime();
    if (now - told < TELL_EVERY) {
      return;
    }
    told = now;
    int use = block.get("use").intValue();
    int uses = block.get("uses").intValue();
    int step = block.get("step").intValue();
    double seconds = block.get("seconds").doubleValue();
    double left = seconds / use * (uses - use);
    progress.printf(
        Locale.ROOT,
        "bench:   step %d of %d, %s, layer %d: %.0f s, %.0f s of the step left, %.0f s of all%n",
        step,
        steps,
        2 * use < uses ? "forward" : "backward",
        block.get("layer").intValue(),
        seconds,
        left,
        left + (steps - step) * (seconds + left));
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(stop);
    } catch (IllegalStateException e) {
      // The virtual machine is going down, and the hook does what follows.
    }
    process.destroyForcibly();
    watch.interrupt();
    memory.close();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
