package io.affinage.broker;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.concurrent.CountDownLatch;

/**
 * The embedded broker as a process of its own.
 *
 * <p>Prints one line on standard output when it serves: {@code READY
 * bootstrap.servers=127.0.0.1:PORT}. Stops in good order on SIGTERM or SIGINT and, with {@code
 * --exit-with-parent}, when standard input ends. Exit status: 0 after standard input ended, 1 when
 * the broker cannot run, 2 on a wrong argument; a signal gives the shell's usual 128 + number.
 *
 * <p>Kafka logs through SLF4J: put {@code slf4j-simple} on the class path of the process.
 */
public final class BrokerProcess {
  private BrokerProcess() {}

  /** See {@link BrokerArguments} for the arguments. */
  public static void main(String[] arguments) {
    // Kafka logs thousands of lines at INFO; problems still show on standard error (slf4j-simple).
    System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "warn");
    // At every start and stop these two warn of what is normal for a single node.
    for (String normal : new String[] {"controller.QuorumController", "clients.NetworkClient"}) {
      System.setProperty("org.slf4j.simpleLogger.log.org.apache.kafka." + normal, "error");
    }
    System.exit(run(arguments, System.in, System.out, System.err));
  }

  private static int run(
      String[] arguments, InputStream input, PrintStream output, PrintStream error) {
    try {
      BrokerArguments parsed = BrokerArguments.parse(arguments, System.getenv());
      serve(parsed, input, output);
      return 0;
    } catch (BrokerException e) {
      error.println("affinage-broker: " + e.getMessage() + " [" + e.code() + "]");
      return e.code().equals("invalid_argument") ? 2 : 1;
    }
  }

  private static void serve(BrokerArguments arguments, InputStream input, PrintStream output) {
    EmbeddedBroker broker = EmbeddedBroker.start(arguments.folder(), arguments.port());
    Runtime.getRuntime().addShutdownHook(new Thread(broker::close, "broker-stop"));
    output.println("READY bootstrap.servers=" + broker.bootstrapServers());
    output.flush();
    if (arguments.exitWithParent()) {
      awaitEnd(input);
    } else {
      awaitSignal();
    }
  }

  /** A parent that dies, however it dies, closes the pipe. */
  private static void awaitEnd(InputStream input) {
    try {
      while (input.read() >= 0) {
        // What the parent writes has no meaning.
      }
    } catch (IOException e) {
      // A broken pipe means the same as its end.
    }
  }

  private static void awaitSignal() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
