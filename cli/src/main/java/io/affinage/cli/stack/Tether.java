package io.affinage.cli.stack;

import java.lang.reflect.InvocationTargetException;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The main class of a service that the local stack starts: runs the service's own, and ends the
 * process when the stack's process ends, however that ends ({@code kill -9} runs no shutdown hook).
 *
 * <p>Uses nothing but the JDK: it is put on the service's class path alone.
 */
public final class Tether {
  private static final long GRACE_SECONDS = 15;
  private static final int TERMINATED = 143;

  private Tether() {}

  /**
   * @param arguments the parent's process id, the main class, and its arguments
   */
  public static void main(String[] arguments) throws Throwable {
    Optional<ProcessHandle> parent = ProcessHandle.of(Long.parseLong(arguments[0]));
    if (parent.isEmpty()) {
      System.exit(TERMINATED);
    }
    parent.get().onExit().thenRun(Tether::end);
    try {
      Class.forName(arguments[1])
          .getMethod("main", String[].class)
          .invoke(null, (Object) Arrays.copyOfRange(arguments, 2, arguments.length));
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private static void end() {
    Thread last =
        new Thread(
            () -> {
              try {
                TimeUnit.SECONDS.sleep(GRACE_SECONDS);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              Runtime.getRuntime().halt(TERMINATED);
            },
            "tether-halt");
    last.setDaemon(true);
    last.start();
    System.exit(TERMINATED);
  }
}
