package io.affinage.cli.stack;

import io.affinage.broker.BrokerProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How the broker's process is started. It has a process of its own, since Kafka ends the whole JVM
 * when its disk is full or its files are damaged.
 */
final class BrokerLaunch {
  private static final Path SHELL = Path.of("/bin/sh");

  /** The name of its place and of its log. */
  static final String NAME = "kafka";

  private BrokerLaunch() {}

  static StackProcess.Launch of(Home home, int port) {
    List<String> command = new ArrayList<>();
    if (Files.isExecutable(SHELL)) {
      // Ctrl-C reaches every process in front of a terminal. The services then write their last
      // events, so the broker must outlive them; the JVM heeds a signal that is ignored already.
      command.addAll(List.of(SHELL.toString(), "-c", "trap '' INT HUP; exec \"$0\" \"$@\""));
    }
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx384m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xshare:auto",
            "-XX:+ExitOnOutOfMemoryError",
            "-Dorg.slf4j.simpleLogger.showDateTime=true",
            "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(Tether.class.getName());
    command.add(Long.toString(ProcessHandle.current().pid()));
    command.add(BrokerProcess.class.getName());
    command.addAll(List.of("--folder", home.kafka().toString(), "--port", Integer.toString(port)));
    return new StackProcess.Launch(
        NAME, home.logs().resolve(NAME + ".log"), home.folder(), command, Map.of(), Map.of());
  }
}
