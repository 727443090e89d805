package io.affinage.cli.stack;

import java.util.ArrayList;
import java.util.List;

/** The services, with what the local stack gives each. */
public enum ServiceKind {
  DATASET("dataset-service", 8081, "-Xmx512m"),
  // Tensors live outside of the heap, which would begin at 1/64 of the machine and fill with
  // garbage.
  TRAINER("trainer-service", 8082, "-Xms32m", "-Xmx1g"),
  REWARD("reward-service", 8083, "-Xmx256m"),
  EVAL("eval-service", 8084, "-Xms32m", "-Xmx1g");

  private final String module;
  private final int defaultPort;
  private final List<String> heap;

  ServiceKind(String module, int defaultPort, String... heap) {
    this.module = module;
    this.defaultPort = defaultPort;
    this.heap = List.of(heap);
  }

  /** The folder, and the name in logs. */
  public String module() {
    return module;
  }

  public int defaultPort() {
    return defaultPort;
  }

  List<String> jvmOptions() {
    List<String> options = new ArrayList<>(heap);
    options.add("-XX:+UseSerialGC");
    options.add("-Djava.util.logging.manager=org.jboss.logmanager.LogManager");
    return options;
  }
}
