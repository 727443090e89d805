package io.affinage.cli.packaged;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The {@code affinage} command as it is shipped: its jar in a process of its own. */
final class PackagedCommand {
  private static final ObjectMapper JSON = new ObjectMapper();

  private PackagedCommand() {}

  /**
   * Runs it to its end, which has to be a good one.
   *
   * @param folder gets the output
   * @param environment all that the process has
   * @return what it prints with {@code --json}
   */
  static JsonNode run(Path folder, Map<String, String> environment, List<String> arguments)
      throws IOException, InterruptedException {
    Path root = Path.of(System.getProperty("affinage.install", "..")).toAbsolutePath().normalize();
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.add("-Daffinage.install=" + root);
    command.addAll(List.of("-jar", root.resolve("cli/target/affinage.jar").toString()));
    command.addAll(arguments);
    command.addAll(List.of("--json", "--home", folder.resolve("home").toString()));
    Files.createDirectories(folder);
    Path out = Files.createTempFile(folder, arguments.get(0), ".out");
    Path err = Files.createTempFile(folder, arguments.get(0), ".err");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    Process process = builder.start();
    try {
      assertThat(process.waitFor(2, TimeUnit.MINUTES)).as("%s ends in time", arguments).isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.exitValue())
        .as("%s:%n%s%n%s", arguments, Files.readString(out), Files.readString(err))
        .isZero();
    return JSON.readTree(Files.readString(out));
  }
}
