package io.affinage.cli.packaged;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.broker.EmbeddedBroker;
import io.affinage.cli.stack.ServiceKind;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The packaged services against callers without a key, with the wrong one, and with bad manners.
 */
class KeysIT {
  private static final Duration PATIENCE = Duration.ofSeconds(120);
  private static final int SLOW_CLIENTS = 250;
  private static final String ALL = "all-0123456789abcdef0123456789abcdef";
  private static final List<String> ROLES = List.of("submit", "train", "serve", "read");

  /** Which roles a route is for. A new route needs a line here, and {@code @RolesAllowed}. */
  private static final Map<String, Set<String>> ROUTES = new TreeMap<>();

  static {
    ROUTES.put("POST /v1/files", Set.of("submit"));
    ROUTES.put("DELETE /v1/files/{id}", Set.of("submit"));
    ROUTES.put("GET /v1/files", Set.of("read"));
    ROUTES.put("GET /v1/files/{id}", Set.of("read"));
    ROUTES.put("GET /v1/files/{id}/content", Set.of("read"));
    ROUTES.put("POST /v1/datasets", Set.of("submit"));
    ROUTES.put("GET /v1/datasets", Set.of("read"));
    ROUTES.put("GET /v1/datasets/{id}", Set.of("read"));
    ROUTES.put("GET /v1/datasets/{id}/quarantine", Set.of("read"));
    ROUTES.put("POST /v1/fine_tuning/jobs", Set.of("train"));
    ROUTES.put("GET /v1/fine_tuning/jobs", Set.of("read"));
    ROUTES.put("GET /v1/fine_tuning/jobs/{id}", Set.of("read"));
    ROUTES.put("GET /v1/fine_tuning/jobs/{id}/events", Set.of("read"));
    ROUTES.put("GET /v1/fine_tuning/jobs/{id}/checkpoints", Set.of("read"));
    ROUTES.put("POST /v1/fine_tuning/jobs/{id}/cancel", Set.of("train"));
    ROUTES.put("POST /v1/fine_tuning/jobs/{id}/pause", Set.of("train"));
    ROUTES.put("POST /v1/fine_tuning/jobs/{id}/resume", Set.of("train"));
    ROUTES.put("POST /v1/fine_tuning/jobs/{id}/replay", Set.of("train"));
    ROUTES.put("POST /v1/rewards", Set.of("serve"));
    ROUTES.put("POST /v1/rewards/score", Set.of("serve"));
    ROUTES.put("GET /v1/models", Set.of("read", "serve"));
    ROUTES.put("GET /v1/models/{id}", Set.of("read", "serve"));
    ROUTES.put("POST /v1/chat/completions", Set.of("serve"));
    ROUTES.put("POST /v1/completions", Set.of("serve"));
    ROUTES.put("GET /v1/evaluations", Set.of("read"));
    ROUTES.put("GET /v1/evaluations/{id}", Set.of("read"));
  }

  private static final Map<ServiceKind, String> A_POST =
      Map.of(
          ServiceKind.DATASET, "/v1/files",
          ServiceKind.TRAINER, "/v1/fine_tuning/jobs",
          ServiceKind.REWARD, "/v1/rewards",
          ServiceKind.EVAL, "/v1/chat/completions");

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static final Map<ServiceKind, PackagedService> SERVICES =
      new EnumMap<>(ServiceKind.class);

  @TempDir static Path folder;
  private static EmbeddedBroker broker;
  private static Path keys;

  @BeforeAll
  static void start() throws Exception {
    for (ServiceKind kind : ServiceKind.values()) {
      assumeTrue(
          PackagedService.isPackaged(kind), "skipped: " + kind.module() + " is not packaged yet");
    }
    broker = EmbeddedBroker.startTemporary();
    keys = folder.resolve("keys");
    StringBuilder lines = new StringBuilder("all submit,train,serve,read " + ALL + "\n");
    ROLES.forEach(role -> lines.append("one %s %s\n".formatted(role, key(role))));
    Files.writeString(keys, lines);
    for (ServiceKind kind : ServiceKind.values()) {
      SERVICES.put(
          kind,
          PackagedService.start(kind, folder.resolve(kind.module()), environment("127.0.0.1")));
    }
    for (PackagedService service : SERVICES.values()) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> assertThat(service.status("/q/health/ready")).as(service.log()).isEqualTo(200));
    }
  }

  private static Map<String, String> environment(String host) {
    Map<String, String> environment = new HashMap<>();
    environment.put("KAFKA_BOOTSTRAP_SERVERS", broker.bootstrapServers());
    environment.put("AFFINAGE_ARTIFACTS", folder.resolve("store").toString());
    environment.put("AFFINAGE_HTTP_KEYS_FILE", keys.toString());
    environment.put("AFFINAGE_HTTP_KEYS_RELOAD", "200ms");
    environment.put("AFFINAGE_HTTP_STALL", "3s");
    environment.put("AFFINAGE_HTTP_FIRST_REQUEST", "5s");
    environment.put("QUARKUS_HTTP_HOST", host);
    return environment;
  }

  @AfterAll
  static void stop() {
    SERVICES.values().forEach(PackagedService::close);
    if (broker != null) {
      broker.close();
    }
  }

  private static String key(String role) {
    return role + "-0123456789abcdef0123456789abcdef";
  }

  @ParameterizedTest
  @EnumSource(ServiceKind.class)
  void shouldOpenEachRouteToItsRolesAlone(ServiceKind kind) throws Exception {
    JsonNode paths =
        JSON.readTree(send(kind, "GET", "/q/openapi?format=json", ALL).body()).path("paths");
    assertThat(paths.isEmpty()).isFalse();
    for (Map.Entry<String, JsonNode> path : paths.properties()) {
      for (Map.Entry<String, JsonNode> operation : path.getValue().properties()) {
        String method = operation.getKey().toUpperCase(java.util.Locale.ROOT);
        String route = method + " " + path.getKey();
        assertThat(ROUTES).as("the roles of a new route are said here").containsKey(route);
        String at = path.getKey().replaceAll("\\{[^}]*}", "nothing");
        for (String none : new String[] {null, "wrong-0123456789abcdef0123456789abcdef", ""}) {
          HttpResponse<String> refused = send(kind, method, at, none);
          assertThat(refused.statusCode()).as("%s with the key %s", route, none).isEqualTo(401);
          JsonNode error = JSON.readTree(refused.body()).path("error");
          assertThat(error.path("code").asText()).isEqualTo("invalid_api_key");
          assertThat(error.path("type").asText()).isEqualTo("invalid_request_error");
          assertThat(error.has("param")).isTrue();
        }
        Set<String> lets = new TreeSet<>();
        for (String role : ROLES) {
          HttpResponse<String> answer = send(kind, method, at, key(role));
          assertThat(answer.statusCode()).as(route).isNotIn(401, 500);
          if (answer.statusCode() != 403) {
            lets.add(role);
          } else {
            assertThat(JSON.readTree(answer.body()).at("/error/code").asText())
                .isEqualTo("insufficient_permissions");
          }
        }
        assertThat(lets).as(route).isEqualTo(ROUTES.get(route));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(ServiceKind.class)
  void shouldAnswerNobodyWithoutAKeyWhateverTheRequestLooksLike(ServiceKind kind) throws Exception {
    URI service = SERVICES.get(kind).uri("/");
    String post = A_POST.get(kind);
    String host = "Host: localhost";
    List<String> paths =
        List.of(
            "/",
            "/nothing",
            "/index.html",
            "/q",
            "/q/",
            "/q/openapi",
            "/openapi",
            "/q/dev",
            "/q/dev-ui",
            "/q/swagger-ui",
            "/q/swagger-ui/index.html",
            "/q/arc/beans",
            "/q/info",
            "/q/logging-manager",
            "/q/health/group/x",
            "/q/health/../openapi",
            "/q/health/%2e%2e/openapi",
            "/q/health/..%2fopenapi",
            "/q/health/;/../openapi",
            "/q/metrics/../openapi",
            "/q/metrics/json",
            "//q/openapi",
            "/./q/openapi",
            "/Q/openapi",
            post,
            post + "/",
            "/" + post,
            post.replace("/v1/", "//v1//"),
            post.replace("/v1/", "/v1/./"),
            post.replace("/v1/", "/v1/../v1/"),
            post.replace("/v1/", "/v1/%2e%2e/v1/"),
            post.replace("/v1/", "/%76%31/"),
            post.replace("/v1/", "/V1/"),
            post + ";jsessionid=1",
            post + "?api_key=" + ALL + "&access_token=" + ALL + "&key=" + ALL,
            post + "%00",
            post + "#/q/health",
            "http://localhost" + post,
            "http://localhost/q/openapi",
            "*");
    for (String path : paths) {
      for (String method :
          List.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO")) {
        String answer =
            RawRequest.answer(
                service, method + " " + path + " HTTP/1.1", List.of(host, "Content-Length: 0"));
        assertThat(RawRequest.status(answer))
            .as("%s %s:%n%s", method, path, answer)
            .isIn(400, 401, 403, 404, 405, 0);
      }
    }
    Map<String, List<String>> tricks = new TreeMap<>();
    tricks.put("two keys", List.of("Authorization: Bearer " + ALL, "Authorization: Bearer x"));
    tricks.put("two in one", List.of("Authorization: Bearer x, Bearer " + ALL));
    tricks.put("another scheme", List.of("Authorization: Basic " + ALL));
    tricks.put("no scheme", List.of("Authorization: " + ALL));
    tricks.put("another header", List.of("Api-Key: " + ALL, "X-Api-Key: " + ALL));
    tricks.put("a proxy's header", List.of("Proxy-Authorization: Bearer " + ALL));
    tricks.put("a cookie", List.of("Cookie: Authorization=Bearer " + ALL + "; key=" + ALL));
    tricks.put("half a key", List.of("Authorization: Bearer " + ALL.substring(0, 20)));
    tricks.put("more than a key", List.of("Authorization: Bearer " + ALL + "0"));
    tricks.put("a method's name", List.of("X-HTTP-Method-Override: GET"));
    tricks.put("a path's name", List.of("X-Original-URL: /q/health", "X-Rewrite-URL: /q/health"));
    tricks.put("a forwarded caller", List.of("X-Forwarded-For: 127.0.0.1", "Forwarded: for=::1"));
    tricks.put(
        "a websocket",
        List.of(
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="));
    for (Map.Entry<String, List<String>> trick : tricks.entrySet()) {
      List<String> headers = new ArrayList<>(trick.getValue());
      headers.add(host);
      String answer = RawRequest.answer(service, "GET /q/openapi HTTP/1.1", headers);
      assertThat(RawRequest.status(answer)).as(trick.getKey()).isEqualTo(401);
    }
    for (String spelling : List.of("Bearer ", "bearer ", "BEARER   ")) {
      String answer =
          RawRequest.answer(
              service,
              "GET /q/openapi HTTP/1.1",
              List.of(host, "authorization: " + spelling + ALL));
      assertThat(RawRequest.status(answer)).as(spelling).isEqualTo(200);
    }
    for (String open : List.of("/q/health", "/q/health/live", "/q/health/ready", "/q/metrics")) {
      assertThat(send(kind, "GET", open, null).statusCode()).as(open).isEqualTo(200);
    }
    assertThat(SERVICES.get(kind).log()).doesNotContain(ALL);
  }

  @ParameterizedTest
  @EnumSource(ServiceKind.class)
  void shouldRefuseForeignHostsAndOrigins(ServiceKind kind) throws Exception {
    URI service = SERVICES.get(kind).uri("/");
    String key = "Authorization: Bearer " + ALL;
    String get = "GET /q/openapi HTTP/1.1";
    for (String host :
        List.of(
            "evil.example",
            "localhost.evil.example",
            "evil.example:" + service.getPort(),
            "10.1.2.3",
            "127.0.0.1.evil.example",
            "localhost@evil.example",
            "")) {
      String answer = RawRequest.answer(service, get, List.of("Host: " + host, key));
      assertThat(RawRequest.status(answer)).as(host).isIn(400, 403);
    }
    assertThat(RawRequest.status(RawRequest.answer(service, get, List.of(key)))).isIn(400, 403);
    for (String host : List.of("localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:80", "127.1.2.3")) {
      String answer = RawRequest.answer(service, get, List.of("Host: " + host, key));
      assertThat(RawRequest.status(answer)).as(host).isEqualTo(200);
      assertThat(answer)
          .containsIgnoringCase("x-content-type-options: nosniff")
          .containsIgnoringCase("content-security-policy: default-src 'none'")
          .containsIgnoringCase("referrer-policy: no-referrer")
          .containsIgnoringCase("x-frame-options: deny")
          .doesNotContainIgnoringCase("access-control-allow");
    }
    String post = "POST " + A_POST.get(kind) + " HTTP/1.1";
    String host = "Host: localhost:" + service.getPort();
    for (List<String> foreign :
        List.of(
            List.of("Origin: http://evil.example"),
            List.of("Origin: null"),
            List.of("Origin: http://localhost:1"),
            List.of("Origin: http://localhost:" + service.getPort(), "Origin: http://evil"),
            List.of("Sec-Fetch-Site: cross-site"),
            List.of("Sec-Fetch-Site: same-site"))) {
      List<String> headers = new ArrayList<>(foreign);
      headers.addAll(List.of(host, key, "Content-Length: 0"));
      String answer = RawRequest.answer(service, post, headers);
      assertThat(RawRequest.status(answer)).as(foreign.toString()).isEqualTo(403);
      assertThat(answer).contains("origin_not_allowed");
    }
    String own =
        RawRequest.answer(
            service,
            post,
            List.of(
                host,
                key,
                "Origin: http://localhost:" + service.getPort(),
                "Sec-Fetch-Site: same-origin",
                "Content-Length: 0"));
    assertThat(RawRequest.status(own)).as(own).isNotIn(401, 403);
  }

  /** Without readers of bodies on the event loop, each of these held a worker thread. */
  @ParameterizedTest
  @EnumSource(ServiceKind.class)
  void shouldAnswerBesideClientsThatNeverFinish(ServiceKind kind) throws Exception {
    URI service = SERVICES.get(kind).uri("/");
    String head =
        "POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
            .formatted(A_POST.get(kind), ALL);
    String form =
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n{\"prompt\"";
    List<String> unfinished =
        List.of(
            head + "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"model\"",
            head
                + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{\"\r\n",
            head
                + "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 90000\r\n\r\n"
                + form,
            "GET /q/openapi HTTP/1.1\r\nHos",
            "");
    List<Socket> sockets = new ArrayList<>();
    try {
      for (int i = 0; i < SLOW_CLIENTS; i++) {
        sockets.add(RawRequest.begin(service, unfinished.get(i % unfinished.size())));
      }
      // The JVM's own client waits this long at most; a thread held until the end waits longer.
      assertThat(send(kind, "GET", "/q/openapi", ALL).statusCode()).isEqualTo(200);
      assertThat(send(kind, "POST", A_POST.get(kind), ALL).statusCode()).isIn(400, 415);
      for (int i = 0; i < sockets.size(); i++) {
        String answer = RawRequest.rest(sockets.get(i));
        String sent = unfinished.get(i % unfinished.size());
        if (sent.startsWith("POST")) {
          assertThat(RawRequest.status(answer)).as(sent).isEqualTo(408);
          assertThat(answer).contains("body_too_slow");
        }
      }
    } finally {
      for (Socket socket : sockets) {
        socket.close();
      }
    }
    String large = "x".repeat(5 << 20);
    HttpResponse<String> refused =
        HTTP.send(
            request(kind, A_POST.get(kind), ALL)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(large))
                .build(),
            BodyHandlers.ofString());
    assertThat(refused.statusCode()).isEqualTo(413);
    assertThat(JSON.readTree(refused.body()).at("/error/code").asText())
        .isEqualTo("body_too_large");
  }

  @ParameterizedTest
  @EnumSource(ServiceKind.class)
  void shouldTakeNewKeysWithoutARestart(ServiceKind kind) throws Exception {
    String added = kind.module() + "-added-0123456789abcdef0123456789";
    assertThat(send(kind, "GET", "/q/openapi", added).statusCode()).isEqualTo(401);

    Files.writeString(keys, "new read " + added + "\n", StandardOpenOption.APPEND);

    await()
        .atMost(PATIENCE)
        .until(() -> send(kind, "GET", "/q/openapi", added).statusCode() == 200);
  }

  @Test
  void shouldNotListenForOthersWithoutKeys() throws Exception {
    Map<String, String> open = environment("0.0.0.0");
    open.remove("AFFINAGE_HTTP_KEYS_FILE");
    try (PackagedService service =
        PackagedService.start(ServiceKind.REWARD, folder.resolve("open"), open)) {
      await().atMost(PATIENCE).until(() -> !service.isAlive());
      assertThat(service.log()).contains("unauthenticated_listen");
    }
  }

  @Test
  void shouldNotStartWithKeysThatCannotBeRead() throws Exception {
    Path broken = folder.resolve("broken");
    Files.writeString(broken, "someone everything secret-0123456789abcdef0123\n");
    Map<String, String> environment = environment("127.0.0.1");
    environment.put("AFFINAGE_HTTP_KEYS_FILE", broken.toString());
    try (PackagedService service =
        PackagedService.start(ServiceKind.REWARD, folder.resolve("unreadable"), environment)) {
      await().atMost(PATIENCE).until(() -> !service.isAlive());
      assertThat(service.log()).contains("line 1").doesNotContain("secret-0123");
    }
  }

  @Test
  void shouldTakeTokensOfAnIdentityProviderBesideKeys() throws Exception {
    Map<String, String> environment = environment("127.0.0.1");
    try (IdentityProvider provider = IdentityProvider.start();
        IdentityProvider stranger = IdentityProvider.start()) {
      environment.put("QUARKUS_OIDC_TENANT_ENABLED", "true");
      environment.put("QUARKUS_OIDC_AUTH_SERVER_URL", provider.url());
      environment.put("QUARKUS_OIDC_TOKEN_AUDIENCE", "affinage");
      try (PackagedService service =
          PackagedService.start(ServiceKind.REWARD, folder.resolve("oidc"), environment)) {
        await().atMost(PATIENCE).until(() -> service.status("/q/health/ready") == 200);

        assertThat(score(service, provider.token("affinage", "serve"))).isEqualTo(400);
        assertThat(score(service, key("serve"))).isEqualTo(400);
        assertThat(score(service, provider.token("affinage", "read"))).isEqualTo(403);
        assertThat(score(service, key("read"))).isEqualTo(403);
        assertThat(score(service, provider.token("another", "serve"))).isEqualTo(401);
        assertThat(score(service, stranger.token("affinage", "serve"))).isEqualTo(401);
        assertThat(score(service, provider.token("affinage", "serve") + "x")).isEqualTo(401);
        assertThat(score(service, "wrong-0123456789abcdef0123456789abcdef")).isEqualTo(401);
        assertThat(score(service, null)).isEqualTo(401);
        assertThat(service.log()).doesNotContain(key("serve"));
      }
    }
  }

  /** Scores nothing, which is a bad request to whom the service lets in. */
  private static int score(PackagedService service, String token) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(service.uri("/v1/rewards"))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString("{"));
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    HttpResponse<String> answer = HTTP.send(request.build(), BodyHandlers.ofString());
    assertThat(JSON.readTree(answer.body()).at("/error/code").asText())
        .isEqualTo(
            switch (answer.statusCode()) {
              case 401 -> "invalid_api_key";
              case 403 -> "insufficient_permissions";
              default -> "invalid_json";
            });
    return answer.statusCode();
  }

  /** Each of these would hold a worker thread for as long as it does not read. */
  @Test
  void shouldAnswerBesideReadersThatNeverRead() throws Exception {
    String row = "{\"prompt\":\"%s\",\"completion\":\"b\"}\n".formatted("a".repeat(1_000));
    String form =
        "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nfine-tune\r\n"
            + "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jsonl\"\r\n\r\n"
            + row.repeat(24_000)
            + "\r\n--b--\r\n";
    HttpResponse<String> uploaded =
        HTTP.send(
            request(ServiceKind.DATASET, "/v1/files", ALL)
                .header("Content-Type", "multipart/form-data; boundary=b")
                .POST(BodyPublishers.ofString(form))
                .build(),
            BodyHandlers.ofString());
    assertThat(uploaded.statusCode()).as(uploaded.body()).isEqualTo(200);
    String content = "/v1/files/" + JSON.readTree(uploaded.body()).at("/id").asText() + "/content";
    await()
        .atMost(PATIENCE)
        .until(() -> send(ServiceKind.DATASET, "HEAD", content, ALL).statusCode() == 200);
    String head =
        "GET %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n"
            .formatted(content, ALL);
    List<Socket> readers = new ArrayList<>();
    try {
      for (int i = 0; i < SLOW_CLIENTS; i++) {
        readers.add(RawRequest.begin(SERVICES.get(ServiceKind.DATASET).uri("/"), head));
      }
      assertThat(send(ServiceKind.DATASET, "GET", "/v1/files", ALL).statusCode())
          .as(SERVICES.get(ServiceKind.DATASET).log())
          .isEqualTo(200);
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  send(ServiceKind.DATASET, "GET", "/q/metrics", null)
                      .body()
                      .lines()
                      .filter(
                          line -> line.startsWith("affinage_http_refused_total{reason=\"slow_r"))
                      .anyMatch(line -> !line.endsWith(" 0.0")));
    } finally {
      for (Socket reader : readers) {
        reader.close();
      }
    }
  }

  private static HttpRequest.Builder request(ServiceKind kind, String path, String key) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(SERVICES.get(kind).uri(path)).timeout(Duration.ofSeconds(60));
    if (key != null) {
      request.header("Authorization", "Bearer " + key);
    }
    return request;
  }

  private static HttpResponse<String> send(ServiceKind kind, String method, String path, String key)
      throws IOException, InterruptedException {
    return HTTP.send(
        request(kind, path, key).method(method, BodyPublishers.noBody()).build(),
        BodyHandlers.ofString());
  }
}
