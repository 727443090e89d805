package io.affinage.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.bench.work.Work;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Runs ours and the peers, each in a fresh process with the same threads. A process gets its work
 * as one JSON argument and says its result as the last line on stdout, a JSON object; {@code error}
 * in it, or none at all, is a fault.
 */
final class Sides {
  private static final JsonMapper JSON = new JsonMapper();
  private static final Map<String, String> OURS = Map.of("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "128");

  private final Setup setup;
  private final PrintStream progress;

  Sides(Setup setup, PrintStream progress) {
    this.setup = setup;
    this.progress = progress;
  }

  /** Both sides' results. */
  record Both(RunResults ours, RunResults peer) {}

  /** An empty description of work. */
  static ObjectNode task() {
    return JSON.createObjectNode();
  }

  /** Ours and the peer by turns, so that both meet the same weather on a shared machine. */
  Both byTurns(String ours, ObjectNode ourTask, String peer, ObjectNode peerTask) {
    List<JsonNode> ourResults = new ArrayList<>();
    List<JsonNode> peerResults = new ArrayList<>();
    String ourFault = null;
    String peerFault = null;
    for (int i = 0; i < setup.repeat(); i++) {
      if (ours != null && ourFault == null) {
        JsonNode result = ours(ours, ourTask);
        ourFault = collect(result, ourResults, "ours");
      }
      if (peerFault == null) {
        JsonNode result = peer(peer, peerTask);
        peerFault = collect(result, peerResults, "peer");
      }
    }
    return new Both(new RunResults(ourResults, ourFault), new RunResults(peerResults, peerFault));
  }

  /** What one run of a side, {@code ours} or {@code peer}, said. */
  static RunResults answer(JsonNode result, String side) {
    List<JsonNode> results = new ArrayList<>();
    String fault = collect(result, results, side);
    return new RunResults(results, fault);
  }

  private static String collect(JsonNode result, List<JsonNode> results, String side) {
    if (result.has("error")) {
      return side + ": " + result.get("error").asText();
    }
    results.add(result);
    return null;
  }

  /** Runs our work of this name in a JVM of its own, as services are started. */
  JsonNode ours(String name, ObjectNode task) {
    return run("ours " + name, command(name, task), OURS);
  }

  /**
   * Begins our work of this name in such a JVM. Whoever asked reads what it says on stdout.
   *
   * @param log takes what it says on stderr, after what is there
   */
  Process begin(String name, ObjectNode task, Path log) throws IOException {
    return builder(command(name, task), OURS)
        .directory(log.getParent().toFile()) // where a fault of the process leaves its report
        .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
        .start();
  }

  /** Where progress is told. */
  PrintStream progress() {
    return progress;
  }

  private static List<String> command(String name, ObjectNode task) {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    List<String> command = new ArrayList<>(List.of(java.toString()));
    command.addAll(memory(name));
    command.addAll(
        List.of(
            "-XX:+UseSerialGC", "-cp", classPath(), Work.class.getName(), name, task.toString()));
    return command;
  }

  private static String classPath() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .map(each -> Path.of(each).toAbsolutePath().toString())
        .collect(Collectors.joining(File.pathSeparator));
  }

  /**
   * Services whose tensors are most of their memory begin with a small heap and give back what the
   * C library keeps; ingestion's does not.
   */
  private static List<String> memory(String name) {
    return name.equals("ingest")
        ? List.of("-Xmx512m")
        : List.of(
            "-Xms32m",
            "-Xmx512m",
            "-XX:+IgnoreUnrecognizedVMOptions",
            "-XX:TrimNativeHeapInterval=60000");
  }

  /** Runs a script of the peers' folder. */
  JsonNode peer(String script, ObjectNode task) {
    Path file = setup.peers().resolve(script + ".py");
    if (!Files.exists(file)) {
      return error("there is no script " + file + "; name the scripts' folder with --peers");
    }
    return run(
        "peer " + script, List.of(setup.python(), file.toString(), task.toString()), Map.of());
  }

  private JsonNode run(String what, List<String> command, Map<String, String> environment) {
    progress.println("bench: " + what);
    try {
      Path out = Files.createTempFile(setup.work(), "out", ".txt");
      Path log = Files.createTempFile(setup.work(), "log", ".txt");
      try {
        return finish(what, start(command, environment, out, log), out, log);
      } finally {
        Files.deleteIfExists(out);
        Files.deleteIfExists(log);
      }
    } catch (IOException e) {
      return error("could not be run: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return error("interrupted");
    }
  }

  private Process start(List<String> command, Map<String, String> environment, Path out, Path log)
      throws IOException {
    return builder(command, environment)
        .redirectOutput(out.toFile())
        .redirectError(log.toFile())
        .start();
  }

  private ProcessBuilder builder(List<String> command, Map<String, String> environment) {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    String threads = Integer.toString(setup.threads());
    builder.environment().put("OMP_NUM_THREADS", threads);
    // Long enough to last from one operation to the next, where waking a thread takes longer than
    // many an operation; on a machine that does other work too, fewer lose less.
    builder.environment().putIfAbsent("GOMP_SPINCOUNT", "50000");
    builder.environment().put("HF_HUB_OFFLINE", "1");
    builder.environment().put("TOKENIZERS_PARALLELISM", "true");
    builder.environment().put("BENCH_STARTED", Long.toString(System.currentTimeMillis()));
    return builder;
  }

  private JsonNode finish(String what, Process process, Path out, Path log)
      throws IOException, InterruptedException {
    Thread stop = new Thread(process::destroyForcibly);
    Runtime.getRuntime().addShutdownHook(stop);
    boolean ended = process.waitFor(setup.timeout().toSeconds(), TimeUnit.SECONDS);
    Runtime.getRuntime().removeShutdownHook(stop);
    if (!ended) {
      process.destroyForcibly().waitFor();
      return error("cut off after " + setup.timeout().toSeconds() + " s (see --timeout)");
    }
    String last = lastLine(out);
    if (last != null && last.startsWith("{")) {
      progress.println("bench:   " + last);
      return JSON.readTree(last);
    }
    String reason = lastLine(log);
    Files.lines(log).forEach(line -> progress.println("  " + line));
    return error(
        "%s ended with status %d without a result: %s"
            .formatted(what, process.exitValue(), reason == null ? "it said nothing" : reason));
  }

  private static String lastLine(Path file) throws IOException {
    List<String> lines = Files.readAllLines(file).stream().filter(l -> !l.isBlank()).toList();
    return lines.isEmpty() ? null : lines.get(lines.size() - 1).strip();
  }

  private static ObjectNode error(String message) {
    return task().put("error", message);
  }
}
