package io.affinage.cli.stack;

import io.affinage.cli.CliException;
import io.affinage.cli.ExitCode;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where the built services are.
 *
 * @param root the folder with the services' modules
 */
public record Install(Path root) {

  /** As the launcher says; it sets the system property {@code affinage.install}. */
  public static Install current() {
    String root = System.getProperty("affinage.install");
    return new Install(Path.of(root == null ? "" : root).toAbsolutePath().normalize());
  }

  Path runnable(ServiceKind kind) {
    Path jar = root.resolve(kind.module()).resolve("target/quarkus-app/quarkus-run.jar");
    if (!Files.isRegularFile(jar)) {
      throw new CliException(
          ExitCode.STACK,
          "not_built",
          "%s is missing: run ./affinage from its folder, or 'mvn -DskipTests package' there."
              .formatted(jar));
    }
    return jar;
  }
}
