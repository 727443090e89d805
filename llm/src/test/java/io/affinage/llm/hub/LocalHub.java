package io.affinage.llm.hub;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A hub on loopback with one model, which misbehaves as told. */
final class LocalHub implements AutoCloseable {

  static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

  /** What went over the wire. */
  record Request(String host, String path, String range, String authorization) {}

  final List<Request> requests = new CopyOnWriteArrayList<>();
  final Map<String, byte[]> files = new TreeMap<>();

  /** Bytes after which each next file answer is cut off; empty: none is. */
  final Queue<Integer> cuts = new ConcurrentLinkedQueue<>();

  /** Statuses of the next answers, before anything else. */
  final Queue<Integer> statuses = new ConcurrentLinkedQueue<>();

  volatile boolean ranges = true;
  volatile boolean wrongRange;
  volatile boolean statesSizes = true;
  volatile boolean damaged;
  volatile String requiredToken;
  volatile URI storage;

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  LocalHub() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  URI endpoint() {
    return URI.create(
        "http://"
            + server.getAddress().getAddress().getHostAddress()
            + ":"
            + server.getAddress().getPort());
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  List<Request> requestsOf(String file) {
    return requests.stream().filter(request -> request.path().endsWith("/" + file)).toList();
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getRawPath();
    String authorization = exchange.getRequestHeaders().getFirst("Authorization");
    requests.add(
        new Request(
            exchange.getRequestHeaders().getFirst("Host"),
            path,
            exchange.getRequestHeaders().getFirst("Range"),
            authorization));
    Integer status = statuses.poll();
    if (status != null) {
      reply(exchange, status, new byte[0]);
    } else if (requiredToken != null && !("Bearer " + requiredToken).equals(authorization)) {
      reply(exchange, 401, new byte[0]);
    } else if (path.equals("/api/models/owner/name/revision/main")) {
      reply(exchange, 200, listing());
    } else if (path.startsWith("/owner/name/resolve/" + COMMIT + "/")) {
      file(exchange, path.substring(path.lastIndexOf('/') + 1));
    } else if (path.startsWith("/storage/")) {
      file(exchange, path.substring(path.lastIndexOf('/') + 1));
    } else {
      reply(exchange, 404, new byte[0]);
    }
  }

  private byte[] listing() throws IOException {
    var mapper = new ObjectMapper();
    var json = mapper.createObjectNode().put("sha", COMMIT);
    var siblings = json.putArray("siblings");
    files.forEach(
        (name, content) -> {
          var sibling = siblings.addObject().put("rfilename", name);
          if (statesSizes) {
            sibling.put("size", content.length);
          }
        });
    siblings.addObject().put("rfilename", "onnx/model.onnx");
    siblings.addObject().put("rfilename", "../../etc/passwd");
    return mapper.writeValueAsBytes(json);
  }

  private void file(HttpExchange exchange, String name) throws IOException {
    byte[] content = files.get(name);
    if (content == null) {
      reply(exchange, 404, new byte[0]);
      return;
    }
    boolean large = content.length > 1000;
    exchange
        .getResponseHeaders()
        .set(large ? "X-Linked-Etag" : "ETag", "\"" + hash(content, large) + "\"");
    if (storage != null && !exchange.getRequestURI().getPath().startsWith("/storage/")) {
      exchange.getResponseHeaders().set("Location", storage + "/storage/" + name);
      reply(exchange, 302, new byte[0]);
      return;
    }
    byte[] sent = content.clone();
    if (damaged) {
      sent[sent.length / 2] ^= 1;
    }
    String range = exchange.getRequestHeaders().getFirst("Range");
    int from = 0;
    int to = sent.length;
    if (range != null && ranges) {
      String[] ends = range.substring("bytes=".length()).split("-");
      from = Integer.parseInt(ends[0]);
      to = ends.length == 1 ? to : Math.min(to, Integer.parseInt(ends[1]) + 1);
      if (from >= sent.length) {
        reply(exchange, 416, new byte[0]);
        return;
      }
      from = wrongRange ? from - 1 : from;
      exchange
          .getResponseHeaders()
          .set("Content-Range", "bytes " + from + "-" + (to - 1) + "/" + sent.length);
    }
    byte[] rest = Arrays.copyOfRange(sent, from, to);
    Integer cut = cuts.poll();
    if (cut == null) {
      reply(exchange, range != null && ranges ? 206 : 200, rest);
      return;
    }
    exchange.sendResponseHeaders(range != null && ranges ? 206 : 200, rest.length);
    OutputStream out = exchange.getResponseBody();
    out.write(rest, 0, Math.min(cut, rest.length - 1));
    out.flush();
    // The server closes the connection when a handler fails in the middle of an answer.
    throw new UncheckedIOException(new IOException("dropped on purpose"));
  }

  private static void reply(HttpExchange exchange, int status, byte[] body) throws IOException {
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    if (body.length > 0) {
      exchange.getResponseBody().write(body);
    }
    exchange.close();
  }

  private static String hash(byte[] content, boolean large) {
    try {
      MessageDigest digest = MessageDigest.getInstance(large ? "SHA-256" : "SHA-1");
      if (!large) {
        digest.update(("blob " + content.length + "\0").getBytes(StandardCharsets.US_ASCII));
      }
      return HexFormat.of().formatHex(digest.digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
