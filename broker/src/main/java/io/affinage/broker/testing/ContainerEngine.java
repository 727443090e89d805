package io.affinage.broker.testing;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Whether a Docker engine is at hand, by its socket or address. Testcontainers' own look costs half
 * a second and logs an error where there is none.
 */
final class ContainerEngine {
  private ContainerEngine() {}

  static boolean isPresent() {
    String host = System.getenv("DOCKER_HOST");
    return (host != null && !host.isBlank()) || Files.exists(Path.of("/var/run/docker.sock"));
  }
}
