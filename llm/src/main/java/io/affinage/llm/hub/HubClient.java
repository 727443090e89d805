package io.affinage.llm.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.llm.error.LlmException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;

/**
 * The hub's HTTP interface. Follows redirects itself, because the token must not leave the hub's
 * own host.
 */
final class HubClient {

  private static final int MAX_REDIRECTS = 5;
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40,64}");
  private static final Pattern FILE_NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.\\-]{0,200}");

  private final HubSettings settings;
  private final HttpClient http;
  private final ObjectMapper json = new ObjectMapper();

  HubClient(HubSettings settings) {
    this.settings = settings;
    this.http =
        HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(settings.idleTimeout())
            .build();
  }

  /** A revision's commit and the files in its root. */
  record Listing(String commit, List<HubFile> files) {}

  /**
   * A final answer, with the headers of the hub's own first answer, which state the hash of what a
   * redirect leads to.
   */
  record Answer(HttpHeaders first, HttpResponse<Void> last) {}

  /** A status that may pass: too many requests, or the server's own trouble. */
  static final class TemporaryFailure extends IOException {
    private static final long serialVersionUID = 1L;
    private final Duration retryAfter;

    TemporaryFailure(String message, Duration retryAfter) {
      super(message);
      this.retryAfter = retryAfter;
    }

    Duration retryAfter() {
      return retryAfter;
    }
  }

  Listing list(HubId id) throws IOException, InterruptedException {
    URI uri =
        URI.create(
            "%s/api/models/%s/revision/%s?blobs=true"
                .formatted(
                    settings.endpoint(), id.repository(), id.revision().replace("/", "%2F")));
    var body = new StringBuilder();
    exchange(
        id,
        uri,
        Optional.empty(),
        info ->
            HttpResponse.BodySubscribers.mapping(
                HttpResponse.BodySubscribers.ofString(StandardCharsets.UTF_8),
                text -> {
                  body.append(text);
                  return null;
                }),
        () -> 0);
    return parse(id, uri, body.toString());
  }

  private Listing parse(HubId id, URI uri, String body) {
    JsonNode node;
    try {
      node = json.readTree(body);
    } catch (IOException e) {
      throw new LlmException(
          "hub_answer_invalid", uri + " did not answer with JSON: is this a hub?", e);
    }
    String commit = node.path("sha").asText("");
    if (!COMMIT.matcher(commit).matches() || !node.path("siblings").isArray()) {
      throw new LlmException(
          "hub_answer_invalid",
          uri + " did not answer with a commit and a list of files: is this a hub?");
    }
    var files = new ArrayList<HubFile>();
    for (JsonNode sibling : node.path("siblings")) {
      String name = sibling.path("rfilename").asText("");
      // Files in folders (other frameworks' weights, images) are not part of a model; nor is what
      // no model file is called.
      if (!FILE_NAME.matcher(name).matches()) {
        continue;
      }
      JsonNode lfs = sibling.path("lfs");
      JsonNode size = lfs.path("size").isIntegralNumber() ? lfs.path("size") : sibling.path("size");
      Optional<ContentHash> hash =
          ContentHash.of(lfs.path("sha256").asText(null))
              .or(() -> ContentHash.of(sibling.path("blobId").asText(null)));
      files.add(
          new HubFile(
              name,
              size.isIntegralNumber() ? OptionalLong.of(size.longValue()) : OptionalLong.empty(),
              hash));
    }
    return new Listing(commit, files);
  }

  /**
   * Gets a file.
   *
   * @param from first byte wanted
   * @param body takes what the final, successful answer brings
   * @param received bytes taken so far: a connection that brings none for the idle timeout is given
   *     up
   */
  Answer get(
      HubId id,
      String commit,
      HubFile file,
      long from,
      BodyHandler<Void> body,
      LongSupplier received)
      throws IOException, InterruptedException {
    return exchange(
        id,
        address(id, commit, file),
        from > 0 ? Optional.of("bytes=" + from + "-") : Optional.empty(),
        body,
        received);
  }

  /**
   * Gets some bytes of a file; fewer where it ends before. What a server sends beyond them is not
   * taken.
   */
  byte[] part(HubId id, String commit, HubFile file, long from, int length)
      throws IOException, InterruptedException {
    FilePart part = new FilePart(from, length);
    try {
      exchange(
          id,
          address(id, commit, file),
          Optional.of("bytes=%d-%d".formatted(from, from + length - 1)),
          part::receive,
          part::size);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return part.bytes();
  }

  private URI address(HubId id, String commit, HubFile file) {
    return URI.create(
        "%s/%s/resolve/%s/%s".formatted(settings.endpoint(), id.repository(), commit, file.name()));
  }

  private Answer exchange(
      HubId id, URI start, Optional<String> range, BodyHandler<Void> body, LongSupplier received)
      throws IOException, InterruptedException {
    URI uri = start;
    HttpHeaders first = null;
    for (int hop = 0; hop <= MAX_REDIRECTS; hop++) {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(uri).timeout(settings.idleTimeout()).GET();
      range.ifPresent(bytes -> request.header("Range", bytes));
      if (settings.token().isPresent() && sameOrigin(uri, settings.endpoint())) {
        request.header("Authorization", "Bearer " + settings.token().get());
      }
      HttpResponse<Void> response =
          await(
              http.sendAsync(
                  request.build(),
                  info ->
                      info.statusCode() == 200 || info.statusCode() == 206
                          ? body.apply(info)
                          : BodyHandlers.discarding().apply(info)),
              received,
              uri);
      first = first == null ? response.headers() : first;
      switch (response.statusCode()) {
        case 200, 206, 416 -> {
          return new Answer(first, response);
        }
        case 301, 302, 303, 307, 308 -> uri = redirect(uri, response.headers());
        default -> throw refused(id, uri, response);
      }
    }
    throw new LlmException(
        "hub_answer_invalid", "%s redirects more than %d times".formatted(start, MAX_REDIRECTS));
  }

  private HttpResponse<Void> await(
      CompletableFuture<HttpResponse<Void>> future, LongSupplier received, URI uri)
      throws IOException, InterruptedException {
    long before = -1;
    while (true) {
      try {
        return future.get(settings.idleTimeout().toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        long now = received.getAsLong();
        if (now == before || before < 0 && now == 0) {
          future.cancel(true);
          throw new IOException(
              "%s sent nothing for %d s"
                  .formatted(uri.getHost(), settings.idleTimeout().toSeconds()),
              e);
        }
        before = now;
      } catch (ExecutionException e) {
        Throwable cause = e.getCause();
        while (cause instanceof CompletionException && cause.getCause() != null) {
          cause = cause.getCause();
        }
        if (cause instanceof UncheckedIOException local) {
          throw local;
        }
        if (cause instanceof LlmException failure) {
          throw failure;
        }
        throw cause instanceof IOException io ? io : new IOException(cause);
      } catch (InterruptedException e) {
        future.cancel(true);
        throw e;
      }
    }
  }

  private static URI redirect(URI from, HttpHeaders headers) {
    URI to;
    try {
      to = from.resolve(headers.firstValue("Location").orElse(""));
    } catch (IllegalArgumentException e) {
      throw new LlmException(
          "hub_answer_invalid", from + " redirects to something that is no address", e);
    }
    boolean downgrade = "https".equals(from.getScheme()) && !"https".equals(to.getScheme());
    if (downgrade
        || to.getHost() == null
        || !("https".equals(to.getScheme()) || "http".equals(to.getScheme()))) {
      throw new LlmException(
          "hub_redirect_unsafe",
          "%s redirects to %s, which is not followed"
              .formatted(from, to.getScheme() + "://" + to.getHost()));
    }
    return to;
  }

  private LlmException refused(HubId id, URI uri, HttpResponse<?> response)
      throws TemporaryFailure {
    int status = response.statusCode();
    String model = id.repository() + " at revision " + id.revision();
    if (status == 408 || status == 429 || status >= 500) {
      Duration pause =
          response
              .headers()
              .firstValue("Retry-After")
              .filter(text -> text.matches("[0-9]{1,6}"))
              .map(text -> Duration.ofSeconds(Long.parseLong(text)))
              .orElse(Duration.ZERO);
      throw new TemporaryFailure(
          "%s answered with status %d".formatted(uri.getHost(), status), pause);
    }
    boolean withToken = settings.token().isPresent();
    return switch (status) {
      case 401 ->
          new LlmException(
              "hub_unauthorized",
              withToken
                  ? "the hub did not accept the token for %s: check HF_TOKEN, and that the model exists"
                      .formatted(model)
                  : "the hub wants a token for %s: set HF_TOKEN (or check that the model exists)"
                      .formatted(model));
      case 403 ->
          new LlmException(
              "hub_forbidden",
              "the hub gives %s only to accounts that were granted access: accept its conditions on its page%s"
                  .formatted(model, withToken ? "" : " and set HF_TOKEN"));
      case 404, 410 ->
          new LlmException(
              "hub_not_found",
              "the hub has no %s (%s): check the spelling".formatted(model, uri.getPath()));
      default ->
          new LlmException(
              "hub_answer_invalid", "%s answered with status %d".formatted(uri, status));
    };
  }

  private static boolean sameOrigin(URI left, URI right) {
    return left.getScheme().equalsIgnoreCase(right.getScheme())
        && left.getHost().equalsIgnoreCase(right.getHost())
        && port(left) == port(right);
  }

  private static int port(URI uri) {
    return uri.getPort() >= 0
        ? uri.getPort()
        : "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
  }
}
