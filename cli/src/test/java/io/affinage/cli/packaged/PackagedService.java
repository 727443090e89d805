package io.affinage.cli.packaged;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.cli.stack.ServiceKind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** One service as it is shipped: its jar in a process of its own, started as the README tells. */
final class PackagedService implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final Process process;
  private final Path folder;
  private final int port;

  private PackagedService(Process process, Path folder, int port) {
    this.process = process;
    this.folder = folder;
    this.port = port;
  }

  /** False when the service was not packaged yet, as under {@code mvn test} in a fresh clone. */
  static boolean isPackaged(ServiceKind kind) {
    return Files.isRegularFile(jar(kind));
  }

  private static Path jar(ServiceKind kind) {
    return Path.of(System.getProperty("affinage.install", ".."), kind.module())
        .resolve("target/quarkus-app/quarkus-run.jar")
        .toAbsolutePath();
  }

  /**
   * @param folder an empty working directory; also holds the log
   * @param environment all that the process has, beside a free port and what every process has
   */
  static PackagedService start(ServiceKind kind, Path folder, Map<String, String> environment)
      throws IOException {
    return start(kind, folder, environment, List.of());
  }

  /**
   * As above.
   *
   * @param launcher a command that executes the command that follows it; empty for none
   */
  static PackagedService start(
      ServiceKind kind, Path folder, Map<String, String> environment, List<String> launcher)
      throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    Files.createDirectories(folder);
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    List<String> command = new ArrayList<>(launcher);
    // It lives for seconds: quick compilation fits it.
    command.addAll(List.of(java, "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-jar", jar(kind).toString()));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("log").toFile());
    Map<String, String> own = new HashMap<>(environment);
    for (String name : List.of("PATH", "HOME", "OMP_WAIT_POLICY")) {
      if (System.getenv(name) != null) {
        own.put(name, System.getenv(name));
      }
    }
    own.put("QUARKUS_HTTP_PORT", Integer.toString(port));
    builder.environment().clear();
    builder.environment().putAll(own);
    return new PackagedService(builder.start(), folder, port);
  }

  /** The status of an answer; 0 while the service does not listen. */
  int status(String path) throws InterruptedException {
    try {
      return get(path).statusCode();
    } catch (IOException e) {
      return 0;
    }
  }

  JsonNode json(String path) throws IOException, InterruptedException {
    return JSON.readTree(get(path).body());
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return HTTP.send(HttpRequest.newBuilder(uri(path)).build(), BodyHandlers.ofString());
  }

  void post(String path) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(uri(path)).POST(BodyPublishers.noBody()).build();
    HttpResponse<String> answer = HTTP.send(request, BodyHandlers.ofString());
    if (answer.statusCode() != 200) {
      throw new IOException(path + ": " + answer.statusCode() + " " + answer.body());
    }
  }

  URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port + path);
  }

  /** Sends SIGTERM, as Kubernetes and systemd do, and waits. */
  int terminate(int seconds) throws InterruptedException {
    process.destroy();
    if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
      throw new AssertionError("still alive " + seconds + " s after SIGTERM:\n" + log());
    }
    return process.exitValue();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  Path folder() {
    return folder;
  }

  String log() {
    try {
      return Files.readString(folder.resolve("log"));
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Sends SIGKILL, and waits. */
  void kill() {
    process.destroyForcibly().onExit().join();
  }

  @Override
  public void close() {
    kill();
  }
}
