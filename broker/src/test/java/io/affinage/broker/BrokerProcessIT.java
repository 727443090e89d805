package io.affinage.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BrokerProcessIT {
  @TempDir Path temporary;
  private Path folder;
  private Process process;

  @BeforeEach
  void chooseFolder() {
    folder = temporary.resolve("kafka");
  }

  @AfterEach
  void endProcess() throws InterruptedException {
    if (process != null && process.isAlive()) {
      process.destroyForcibly().waitFor();
    }
  }

  @Test
  void shouldPrintOneReadyLineServeAndEndWithItsParentsPipe() throws Exception {
    BufferedReader output =
        start("--folder", folder.toString(), "--port", "0", "--exit-with-parent");
    String ready = output.readLine();
    assertThat(ready).startsWith("READY bootstrap.servers=127.0.0.1:");
    String servers = ready.substring("READY bootstrap.servers=".length());
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
      assertThat(admin.describeCluster().nodes().get()).hasSize(1);
    }

    process.getOutputStream().close();

    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
    assertThat(output.readLine()).isNull();
  }

  @Test
  void shouldStopInGoodOrderOnATermSignal() throws Exception {
    BufferedReader output = start("--folder", folder.toString());
    assertThat(output.readLine()).startsWith("READY ");

    process.destroy();

    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    // 128 + SIGTERM, and Kafka's own mark of a shutdown in good order.
    assertThat(process.exitValue()).isEqualTo(143);
    assertThat(folder.resolve(".kafka_cleanshutdown")).exists();
  }

  @Test
  void shouldEndWithAPlainErrorWhenThePortIsInUse() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      String port = Integer.toString(taken.getLocalPort());
      BufferedReader output = start("--folder", folder.toString(), "--port", port);
      assertThat(output.readLine()).isNull();
      assertThat(process.waitFor()).isEqualTo(1);
      assertThat(errors())
          .content()
          .contains("Port " + port, "[port_in_use]")
          .doesNotContain("\tat ");
    }
  }

  @Test
  void shouldRefuseAnUnknownArgument() throws Exception {
    BufferedReader output = start("--fodler", "x");
    assertThat(output.readLine()).isNull();
    assertThat(process.waitFor()).isEqualTo(2);
    assertThat(errors()).content().contains("--fodler", "Usage:", "[invalid_argument]");
  }

  private BufferedReader start(String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                BrokerProcess.class.getName()));
    command.addAll(List.of(arguments));
    process = new ProcessBuilder(command).redirectError(errors().toFile()).start();
    return process.inputReader(StandardCharsets.UTF_8);
  }

  private Path errors() {
    return temporary.resolve("stderr");
  }
}
