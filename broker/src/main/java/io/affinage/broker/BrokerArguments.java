package io.affinage.broker;

import java.nio.file.Path;
import java.util.Map;

/**
 * {@code --folder PATH --port N [--exit-with-parent]}; the environment's {@code
 * AFFINAGE_BROKER_FOLDER} and {@code AFFINAGE_BROKER_PORT} stand in for what is not given.
 *
 * @param folder where the data stays
 * @param port of 127.0.0.1; 0, the default, takes a free one
 * @param exitWithParent stop when standard input ends
 */
record BrokerArguments(Path folder, int port, boolean exitWithParent) {

  static BrokerArguments parse(String[] arguments, Map<String, String> environment) {
    String folder = environment.get("AFFINAGE_BROKER_FOLDER");
    String port = environment.getOrDefault("AFFINAGE_BROKER_PORT", "0");
    boolean exitWithParent = false;
    for (int i = 0; i < arguments.length; i++) {
      switch (arguments[i]) {
        case "--folder" -> folder = value(arguments, ++i);
        case "--port" -> port = value(arguments, ++i);
        case "--exit-with-parent" -> exitWithParent = true;
        default -> throw wrong("Unknown argument " + arguments[i]);
      }
    }
    if (folder == null || folder.isBlank()) {
      throw wrong("The folder for the broker's data is missing");
    }
    try {
      return new BrokerArguments(Path.of(folder), Integer.parseInt(port), exitWithParent);
    } catch (IllegalArgumentException e) {
      throw wrong("Not a port or not a path: %s, %s".formatted(port, folder));
    }
  }

  private static String value(String[] arguments, int index) {
    if (index == arguments.length) {
      throw wrong(arguments[index - 1] + " needs a value");
    }
    return arguments[index];
  }

  private static BrokerException wrong(String problem) {
    return new BrokerException(
        "invalid_argument",
        problem + ". Usage: --folder PATH [--port N] [--exit-with-parent]",
        null);
  }
}
