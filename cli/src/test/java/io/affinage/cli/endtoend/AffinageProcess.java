package io.affinage.cli.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The packaged {@code affinage} command as a process of its own. */
final class AffinageProcess implements AutoCloseable {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  private static final Path ROOT =
      Path.of(System.getProperty("affinage.install")).toAbsolutePath().normalize();

  private final Process process;
  private final Path out;
  private final Path err;

  private AffinageProcess(Process process, Path out, Path err) {
    this.process = process;
    this.out = out;
    this.err = err;
  }

  /**
   * Starts it as the launcher does.
   *
   * @param folder gets the output, in files of unused names
   */
  static AffinageProcess start(Path folder, List<String> arguments) throws IOException {
    Path jar = ROOT.resolve("cli/target/affinage.jar");
    assertThat(jar).as("packaged by 'mvn verify' before this test").isRegularFile();
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.add("-Daffinage.install=" + ROOT);
    command.addAll(List.of("-jar", jar.toString()));
    command.addAll(arguments);
    Path out = Files.createTempFile(folder, arguments.get(0), ".out");
    Path err = Files.createTempFile(folder, arguments.get(0), ".err");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    // Whatever the shell of the tests points at, the stack is a local one.
    builder.environment().keySet().removeIf(name -> name.startsWith("KAFKA_"));
    builder.environment().remove("AFFINAGE_ARTIFACTS");
    // Short, so that the loss of a trainer is noticed soon.
    builder.environment().put("AFFINAGE_TRAINER_LEASE", "5s");
    return new AffinageProcess(builder.start(), out, err);
  }

  /** Waits for the end. */
  AffinageProcess end() throws InterruptedException {
    assertThat(process.waitFor(5, TimeUnit.MINUTES)).as("ends in time: %s", this).isTrue();
    return this;
  }

  int status() {
    return process.exitValue();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  ProcessHandle handle() {
    return process.toHandle();
  }

  /** Standard output, which is one JSON value and nothing else. */
  JsonNode json() throws IOException {
    return JSON.readTree(Files.readString(out));
  }

  boolean hasOutput() throws IOException {
    return Files.size(out) > 0;
  }

  String errors() throws IOException {
    return Files.readString(err);
  }

  void terminate() {
    process.destroy();
  }

  void kill() {
    process.destroyForcibly();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  @Override
  public String toString() {
    try {
      return "affinage with the output\n" + Files.readString(out) + "\n" + errors();
    } catch (IOException e) {
      return "affinage with the output in " + out;
    }
  }
}
