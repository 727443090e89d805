package io.affinage.broker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/** Ports of the loopback address. */
final class LoopbackPort {
  static final String HOST = "127.0.0.1";

  private LoopbackPort() {}

  /** A port that is free now; the system hands out another one at each call for a while. */
  static int free() {
    try (ServerSocket socket = bound(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException("no free port on " + HOST, e);
    }
  }

  static void requireValid(int port) {
    if (port < 0 || port > 65_535) {
      throw new BrokerException(
          "invalid_argument",
          "Port %d is outside 0 to 65535 (0 takes a free one).".formatted(port),
          null);
    }
  }

  /** Kafka itself reports a taken port late and deep in a stack, hence the look beforehand. */
  static void requireFree(int port) {
    try {
      bound(port).close();
    } catch (BindException e) {
      throw new BrokerException(
          "port_in_use",
          "Port %d on %s is in use (or not allowed): stop what uses it or choose another port."
              .formatted(port, HOST),
          e);
    } catch (IOException e) {
      throw new BrokerException(
          "broker_start_failed", "Port %d on %s: %s".formatted(port, HOST, e.getMessage()), e);
    }
  }

  private static ServerSocket bound(int port) throws IOException {
    ServerSocket socket = new ServerSocket();
    // As Kafka binds: a port whose last connections linger in TIME_WAIT counts as free.
    socket.setReuseAddress(true);
    try {
      socket.bind(new InetSocketAddress(InetAddress.getByName(HOST), port));
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }
}
