package io.affinage.cli.stack;

import io.affinage.cli.CliException;
import io.affinage.cli.ExitCode;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** One instance of a service, as a child process. Its output goes to a log file. */
public final class ServiceProcess {
  private static final int LINES_SHOWN = 12;
  private static final int INTERRUPTED = 130;
  private static final int TERMINATED = 143;

  private final ServiceKind kind;
  private final String name;
  private final int port;
  private final Path log;
  private final Process process;

  private ServiceProcess(ServiceKind kind, String name, int port, Path log, Process process) {
    this.kind = kind;
    this.name = name;
    this.port = port;
    this.log = log;
    this.process = process;
  }

  /**
   * @param name of the instance, and of its log file
   * @param start a process that is not the first in its place goes on with the log
   * @param environment added to this process's own
   */
  static ServiceProcess start(
      Install install,
      Home home,
      ServiceKind kind,
      String name,
      int port,
      Place.Start start,
      Map<String, String> environment) {
    Path log = home.logs().resolve(name + ".log");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(kind.jvmOptions());
    command.add("-cp");
    command.add(
        tetherClassPath(home) + System.getProperty("path.separator") + install.runnable(kind));
    command.add(Tether.class.getName());
    command.add(Long.toString(ProcessHandle.current().pid()));
    command.add("io.quarkus.bootstrap.runner.QuarkusEntryPoint");
    ProcessBuilder builder = new ProcessBuilder(command).directory(home.folder().toFile());
    // OpenMP's threads spin while they wait. Beside other processes on few cores that multiplies
    // the time of a step; not spinning at all doubles that of a generated token, whose products are
    // shorter than waking a thread. So they spin for some microseconds.
    builder.environment().putIfAbsent("OMP_WAIT_POLICY", "PASSIVE");
    builder.environment().putIfAbsent("GOMP_SPINCOUNT", "3000");
    // oneDNN compiles a product for every shape and keeps 1,024 of them; rows of examples differ in
    // length, so that few of the older ones are met again.
    builder.environment().putIfAbsent("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "128");
    builder.environment().putAll(environment);
    // The same when it is started again, which ends what the one before left open on the broker.
    builder.environment().put("AFFINAGE_WORK_INSTANCE", name);
    builder.environment().remove("AFFINAGE_API_KEY");
    builder.environment().put("QUARKUS_HTTP_HOST", "127.0.0.1");
    builder.environment().put("QUARKUS_HTTP_PORT", Integer.toString(port));
    builder.redirectErrorStream(true);
    try {
      if (start == Place.Start.FIRST && Files.exists(log)) {
        Files.move(
            log, home.logs().resolve(name + ".previous.log"), StandardCopyOption.REPLACE_EXISTING);
      }
      builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
      Process process = builder.start();
      process.getOutputStream().close();
      return new ServiceProcess(kind, name, port, log, process);
    } catch (IOException e) {
      throw new CliException(
          ExitCode.STACK, "service_start_failed", name + " did not start: " + e.getMessage(), e);
    }
  }

  /** {@link Tether} in a folder of its own, so that the services see no other class of ours. */
  private static Path tetherClassPath(Home home) {
    Path root = home.folder().resolve("tether");
    String resource = Tether.class.getName().replace('.', '/') + ".class";
    Path target = root.resolve(resource);
    try (InputStream in = Tether.class.getClassLoader().getResourceAsStream(resource)) {
      Files.createDirectories(target.getParent());
      byte[] wanted = in.readAllBytes();
      if (!Files.exists(target) || !java.util.Arrays.equals(wanted, Files.readAllBytes(target))) {
        Files.write(target, wanted);
      }
    } catch (IOException e) {
      throw new CliException(
          ExitCode.STACK, "home_unusable", target + " cannot be written: " + e.getMessage(), e);
    }
    return root;
  }

  public ServiceKind kind() {
    return kind;
  }

  public String name() {
    return name;
  }

  public long pid() {
    return process.pid();
  }

  public URI address() {
    return URI.create("http://127.0.0.1:" + port);
  }

  /** Whether it serves and reaches Kafka. */
  boolean isReady(HttpClient http) throws InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(address().resolve("/q/health/ready"))
            .timeout(Duration.ofSeconds(5))
            .build();
    try {
      return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException e) {
      // Not listening yet.
      return false;
    }
  }

  Path log() {
    return log;
  }

  /** Of a process that has ended. */
  int exitStatus() {
    return process.exitValue();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Whether a signal ended it that a terminal sends to all processes in front (Ctrl-C). */
  boolean wasInterrupted() {
    return !process.isAlive()
        && (process.exitValue() == INTERRUPTED || process.exitValue() == TERMINATED);
  }

  /** What to tell about a process that has ended, with the last lines of its log. */
  CliException ended() {
    return new CliException(
        ExitCode.STACK,
        "service_ended",
        "%s ended with status %d. The end of %s:\n%s"
            .formatted(name, process.exitValue(), log, lastLines()));
  }

  String lastLines() {
    try (Stream<String> lines =
        new String(Files.readAllBytes(log), StandardCharsets.UTF_8).lines()) {
      List<String> all = lines.toList();
      return all.subList(Math.max(0, all.size() - LINES_SHOWN), all.size()).stream()
          .map(line -> "  " + LogLine.readable(line))
          .collect(Collectors.joining("\n"));
    } catch (IOException e) {
      return "  (not readable: " + e.getMessage() + ")";
    }
  }

  /** Asks it to stop in good order. */
  void stop() {
    process.destroy();
  }

  /** Waits for the end, and ends it after the bound. */
  void awaitEnd(Duration bound) {
    try {
      if (!process.waitFor(bound.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
