package io.affinage.cli.stack;

import io.affinage.cli.CliException;
import io.affinage.cli.ExitCode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** Ports of the loopback address. */
final class Ports {
  private Ports() {}

  /**
   * The port to listen on.
   *
   * @param wanted by the user; null when the choice is ours
   * @param usual taken when it is free; 0 for any
   */
  static int choose(String what, Integer wanted, int usual) {
    if (wanted != null) {
      if (wanted != 0 && !isFree(wanted)) {
        throw new CliException(
            ExitCode.STACK,
            "port_in_use",
            "Port %d on 127.0.0.1, given for %s, is in use: stop what uses it or give another port."
                .formatted(wanted, what));
      }
      return wanted == 0 ? free() : wanted;
    }
    return usual != 0 && isFree(usual) ? usual : free();
  }

  /** Whether something listens there. */
  static boolean isServed(int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = bound(port)) {
      return socket.isBound();
    } catch (IOException e) {
      return false;
    }
  }

  private static int free() {
    try (ServerSocket socket = bound(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new CliException(
          ExitCode.STACK, "no_free_port", "No free port on 127.0.0.1: " + e.getMessage(), e);
    }
  }

  private static ServerSocket bound(int port) throws IOException {
    ServerSocket socket = new ServerSocket();
    socket.setReuseAddress(true);
    try {
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }
}
