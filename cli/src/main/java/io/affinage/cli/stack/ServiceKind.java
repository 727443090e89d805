package io.affinage.cli.stack;

import java.util.List;

/** The services, with what the local stack gives each. */
public enum ServiceKind {
  DATASET("dataset-service", 8081, "-Xmx512m"),
  TRAINER("trainer-service", 8082, "-Xmx1g"),
  REWARD("reward-service", 8083, "-Xmx256m"),
  EVAL("eval-service", 8084, "-Xmx1g");

  private final String module;
  private final int defaultPort;
  private final String heap;

  ServiceKind(String module, int defaultPort, String heap) {
    this.module = module;
    this.defaultPort = defaultPort;
    this.heap = heap;
  }

  /** The folder, and the name in logs. */
  public String module() {
    return module;
  }

  public int defaultPort() {
    return defaultPort;
  }

  List<String> jvmOptions() {
    return List.of(
        heap, "-XX:+UseSerialGC", "-Djava.util.logging.manager=org.jboss.logmanager.LogManager");
  }
}
