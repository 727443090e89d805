package io.affinage.cli.stack;

import io.affinage.cli.CliException;
import io.affinage.cli.ExitCode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** How a service's process is started. */
final class ServiceLaunch {
  private ServiceLaunch() {}

  /**
   * The process of an instance.
   *
   * @param name of the instance, and of its log file
   * @param environment what it shall know of the stack
   */
  static StackProcess.Launch of(
      Install install,
      Home home,
      ServiceKind kind,
      String name,
      int port,
      Map<String, String> environment) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(kind.jvmOptions());
    command.add("-cp");
    command.add(
        tetherClassPath(home) + System.getProperty("path.separator") + install.runnable(kind));
    command.add(Tether.class.getName());
    command.add(Long.toString(ProcessHandle.current().pid()));
    command.add("io.quarkus.bootstrap.runner.QuarkusEntryPoint");
    // OpenMP's threads spin while they wait. Beside other processes on few cores that multiplies
    // the time of a step; not spinning at all doubles that of a generated token, whose products are
    // shorter than waking a thread. So they spin for some microseconds.
    Map<String, String> defaults = new HashMap<>();
    defaults.put("OMP_WAIT_POLICY", "PASSIVE");
    defaults.put("GOMP_SPINCOUNT", "3000");
    // oneDNN compiles a product for every shape and keeps 1,024 of them; rows of examples differ in
    // length, so that few of the older ones are met again.
    defaults.put("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "128");
    Map<String, String> all = new HashMap<>(environment);
    // The same when it is started again, which ends what the one before left open on the broker.
    all.put("AFFINAGE_WORK_INSTANCE", name);
    all.put("QUARKUS_HTTP_HOST", "127.0.0.1");
    all.put("QUARKUS_HTTP_PORT", Integer.toString(port));
    return new StackProcess.Launch(
        name, home.logs().resolve(name + ".log"), home.folder(), command, defaults, all);
  }

  /** {@link Tether} in a folder of its own, so that the services see no other class of ours. */
  private static Path tetherClassPath(Home home) {
    Path root = home.folder().resolve("tether");
    String resource = Tether.class.getName().replace('.', '/') + ".class";
    Path target = root.resolve(resource);
    try (InputStream in = Tether.class.getClassLoader().getResourceAsStream(resource)) {
      Files.createDirectories(target.getParent());
      byte[] wanted = in.readAllBytes();
      if (!Files.exists(target) || !Arrays.equals(wanted, Files.readAllBytes(target))) {
        Files.write(target, wanted);
      }
    } catch (IOException e) {
      throw new CliException(
          ExitCode.STACK, "home_unusable", target + " cannot be written: " + e.getMessage(), e);
    }
    return root;
  }
}
