package io.affinage.cli.stack;

import java.util.ArrayList;
import java.util.List;

/** The services, with what the local stack gives each. */
public enum ServiceKind {
  DATASET("dataset-service", 8081, "-Xmx512m"),
  TRAINER("trainer-service", 8082, tensorsOutside("-Xmx1g")),
  REWARD("reward-service", 8083, tensorsOutside("-Xmx512m")),
  EVAL("eval-service", 8084, tensorsOutside("-Xmx1g"));

  private final String module;
  private final int defaultPort;
  private final List<String> memory;

  ServiceKind(String module, int defaultPort, String... memory) {
    this.module = module;
    this.defaultPort = defaultPort;
    this.memory = List.of(memory);
  }

  /**
   * The heap would begin at 1/64 of the machine and fill with garbage, and the C library would keep
   * what tensors of other sizes leave: once a minute it gives that back (JDK 17.0.10 and later).
   */
  private static String[] tensorsOutside(String most) {
    return new String[] {
      "-Xms32m", most, "-XX:+IgnoreUnrecognizedVMOptions", "-XX:TrimNativeHeapInterval=60000"
    };
  }

  /** The folder, and the name in logs. */
  public String module() {
    return module;
  }

  public int defaultPort() {
    return defaultPort;
  }

  /** For any process that does this service's work. */
  List<String> memoryOptions() {
    List<String> options = new ArrayList<>(memory);
    options.add("-XX:+UseSerialGC");
    return options;
  }

  List<String> jvmOptions() {
    List<String> options = memoryOptions();
    options.add("-Djava.util.logging.manager=org.jboss.logmanager.LogManager");
    // Without memory a service neither works nor dies; ended, it is started again.
    options.add("-XX:+ExitOnOutOfMemoryError");
    return options;
  }
}
