package io.affinage.cli.packaged;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A request as bytes, for what no HTTP client would send. */
final class RawRequest {
  private static final int PATIENCE_MILLIS = 60_000;

  private RawRequest() {}

  /** A connection on which these bytes have been sent. */
  static Socket begin(URI service, String bytes) throws IOException {
    Socket socket = new Socket();
    // Little is on its way to one who does not read.
    socket.setReceiveBufferSize(4_096);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), service.getPort()));
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
    socket.getOutputStream().flush();
    return socket;
  }

  /** Sends a request without body and gives all of the answer. */
  static String answer(URI service, String requestLine, List<String> headers) throws IOException {
    StringBuilder request = new StringBuilder(requestLine).append("\r\n");
    headers.forEach(header -> request.append(header).append("\r\n"));
    try (Socket socket = begin(service, request.append("Connection: close\r\n\r\n").toString())) {
      return rest(socket);
    }
  }

  /** What comes until the other side closes; a reset is a close too. */
  static String rest(Socket socket) throws IOException {
    StringBuilder answer = new StringBuilder();
    byte[] buffer = new byte[8_192];
    try {
      for (int read = socket.getInputStream().read(buffer);
          read >= 0;
          read = socket.getInputStream().read(buffer)) {
        answer.append(new String(buffer, 0, read, StandardCharsets.ISO_8859_1));
      }
    } catch (java.net.SocketException reset) {
      // What came before it counts.
    }
    return answer.toString();
  }

  /** The status of an answer; 0 when there is none. */
  static int status(String answer) {
    return answer.startsWith("HTTP/1.") ? Integer.parseInt(answer.substring(9, 12)) : 0;
  }
}
