package io.affinage.cli.packaged;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.broker.EmbeddedBroker;
import io.affinage.cli.stack.ServiceKind;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * What OpenAI's clients, and those who mean harm, may send to the packaged services: every
 * parameter is honoured or refused by name, and nothing that comes from outside is answered with a
 * 5xx.
 */
class OpenAiSurfaceIT {
  private static final Duration PATIENCE = Duration.ofSeconds(120);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final String TABLE = "src/test/resources/openai-parameters.json";
  private static final String BOUNDARY = "affinage-boundary";

  /** Refusals that say nothing against the parameter: what it goes with is not there. */
  private static final Set<String> ABSENT = Set.of("model_not_found", "invalid_training_file");

  @TempDir static Path folder;
  private static EmbeddedBroker broker;
  private static final Map<ServiceKind, PackagedService> SERVICES =
      new EnumMap<>(ServiceKind.class);

  @BeforeAll
  static void start() throws Exception {
    for (ServiceKind kind : ServiceKind.values()) {
      assumeTrue(
          PackagedService.isPackaged(kind), "skipped: " + kind.module() + " is not packaged yet");
    }
    broker = EmbeddedBroker.startTemporary();
    for (ServiceKind kind : ServiceKind.values()) {
      SERVICES.put(
          kind,
          PackagedService.start(
              kind,
              folder.resolve(kind.module()),
              Map.of(
                  "KAFKA_BOOTSTRAP_SERVERS",
                  broker.bootstrapServers(),
                  "AFFINAGE_ARTIFACTS",
                  folder.resolve("store").toString())));
    }
    for (PackagedService service : SERVICES.values()) {
      await().atMost(PATIENCE).until(() -> service.status("/q/health/ready") == 200);
    }
  }

  @AfterAll
  static void stop() {
    SERVICES.values().forEach(PackagedService::close);
    if (broker != null) {
      broker.close();
    }
  }

  @TestFactory
  Stream<DynamicTest> shouldHonourOrRefuseEveryParameterOfTheClient() throws IOException {
    JsonNode table = JSON.readTree(Path.of(TABLE).toFile());
    List<DynamicTest> tests = new ArrayList<>();
    table
        .properties()
        .forEach(
            endpoint ->
                endpoint
                    .getValue()
                    .properties()
                    .forEach(
                        parameter ->
                            tests.add(
                                DynamicTest.dynamicTest(
                                    endpoint.getKey() + " " + parameter.getKey(),
                                    () ->
                                        check(
                                            endpoint.getKey(),
                                            parameter.getKey(),
                                            parameter.getValue())))));
    assertThat(tests).hasSizeGreaterThan(60);
    return tests.stream();
  }

  private static void check(String endpoint, String parameter, JsonNode treatment)
      throws Exception {
    assertThat(treatment.has("taken") || treatment.has("refused") || treatment.has("elsewhere"))
        .isTrue();
    for (JsonNode value : treatment.path("taken")) {
      HttpResponse<String> answer = send(endpoint, parameter, value, treatment.path("with"));
      if (answer.statusCode() != 200) {
        JsonNode error = error(answer);
        assertThat(ABSENT).as("%s: %s", value, error).contains(error.path("code").asText());
      }
    }
    for (JsonNode value : treatment.path("refused")) {
      HttpResponse<String> answer = send(endpoint, parameter, value, treatment.path("with"));
      assertThat(answer.statusCode()).as("%s: %s", value, answer.body()).isEqualTo(400);
      JsonNode error = error(answer);
      String ofJobs =
          endpoint.startsWith("fine_tuning") ? "invalid_request" : "unsupported_parameter";
      String code = treatment.path("code").asText(ofJobs);
      if (!code.equals("*")) {
        assertThat(error.path("code").asText()).as("%s: %s", value, error).isEqualTo(code);
      }
      String param = treatment.path("param").asText(parameter);
      assertThat(error.path("param").asText())
          .as("%s: %s", value, error)
          .startsWith(param.equals("*") ? parameter : param);
    }
  }

  private static HttpResponse<String> send(
      String endpoint, String parameter, JsonNode value, JsonNode with) throws Exception {
    return switch (endpoint) {
      case "files.create" -> upload(parameter, value);
      case "files.list" -> get(ServiceKind.DATASET, "/v1/files" + query(parameter, value));
      case "fine_tuning.jobs.list" ->
          get(ServiceKind.TRAINER, "/v1/fine_tuning/jobs" + query(parameter, value));
      case "fine_tuning.jobs.list_events" ->
          get(ServiceKind.TRAINER, "/v1/fine_tuning/jobs/x/events" + query(parameter, value));
      case "fine_tuning.jobs.checkpoints.list" ->
          get(ServiceKind.TRAINER, "/v1/fine_tuning/jobs/x/checkpoints" + query(parameter, value));
      case "fine_tuning.jobs.create" ->
          post(
              ServiceKind.TRAINER,
              "/v1/fine_tuning/jobs",
              body(
                  "{\"model\":\"scratch\",\"training_file\":\"file-none\",\"affinage\":{\"method\":\"pretrain\","
                      + "\"architecture\":{\"hiddenSize\":32,\"intermediateSize\":64,\"layers\":1,\"heads\":2,"
                      + "\"kvHeads\":2,\"vocabularySize\":300,\"contextLength\":64}}}",
                  parameter,
                  value,
                  with));
      case "chat.completions.create" ->
          post(
              ServiceKind.EVAL,
              "/v1/chat/completions",
              body(
                  "{\"model\":\"nobody\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}",
                  parameter,
                  value,
                  with));
      case "completions.create" ->
          post(
              ServiceKind.EVAL,
              "/v1/completions",
              body("{\"model\":\"nobody\",\"prompt\":\"a\"}", parameter, value, with));
      default -> throw new AssertionError("no way to send to " + endpoint);
    };
  }

  private static String body(String base, String parameter, JsonNode value, JsonNode with)
      throws IOException {
    ObjectNode body = (ObjectNode) JSON.readTree(base);
    with.properties().forEach(field -> body.set(field.getKey(), field.getValue()));
    body.set(parameter, value);
    // As the file has them: Jackson would write 1e400 as a text.
    return body.toString().replace("\"Infinity\"", "1e400").replace(":Infinity", ":1e400");
  }

  private static String query(String parameter, JsonNode value) {
    if (!value.isObject()) {
      return "?" + parameter + "=" + URLEncoder.encode(value.asText(), StandardCharsets.UTF_8);
    }
    StringBuilder query = new StringBuilder("?");
    value
        .properties()
        .forEach(
            field ->
                query
                    .append(
                        URLEncoder.encode(
                            parameter + "[" + field.getKey() + "]", StandardCharsets.UTF_8))
                    .append('=')
                    .append(URLEncoder.encode(field.getValue().asText(), StandardCharsets.UTF_8)));
    return query.toString();
  }

  private static HttpResponse<String> upload(String parameter, JsonNode value) throws Exception {
    StringBuilder form = new StringBuilder();
    field(form, "purpose", parameter.equals("purpose") ? value.asText() : "fine-tune");
    if (parameter.equals("expires_after")) {
      value
          .properties()
          .forEach(e -> field(form, "expires_after[" + e.getKey() + "]", e.getValue().asText()));
    }
    file(form, "rows.jsonl", "{\"prompt\":\"a\",\"completion\":\"b\"}\n");
    return post(
        ServiceKind.DATASET, "/v1/files", multipart(), bytes(form + "--" + BOUNDARY + "--\r\n"));
  }

  private static void field(StringBuilder form, String name, String value) {
    form.append(
        "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n"
            .formatted(BOUNDARY, name, value));
  }

  private static void file(StringBuilder form, String name, String content) {
    form.append(
        "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%s\"\r\n\r\n%s\r\n"
            .formatted(BOUNDARY, name, content));
  }

  private static String multipart() {
    return "multipart/form-data; boundary=" + BOUNDARY;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static HttpResponse<String> get(ServiceKind kind, String path) throws Exception {
    return exchange(kind, "GET", path, null, new byte[0]);
  }

  private static HttpResponse<String> post(ServiceKind kind, String path, String body)
      throws Exception {
    return post(kind, path, "application/json", bytes(body));
  }

  private static HttpResponse<String> post(ServiceKind kind, String path, String type, byte[] body)
      throws Exception {
    return exchange(kind, "POST", path, type, body);
  }

  private static HttpResponse<String> exchange(
      ServiceKind kind, String method, String path, String type, byte[] body) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(SERVICES.get(kind).uri("") + path))
            .timeout(Duration.ofSeconds(60))
            .method(
                method,
                body.length == 0
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofByteArray(body));
    if (type != null) {
      request.header("Content-Type", type);
    }
    return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  /** The error of an answer, in OpenAI's shape. */
  private static JsonNode error(HttpResponse<String> answer) throws IOException {
    assertThat(answer.headers().firstValue("Content-Type").orElse(""))
        .as(answer.body())
        .startsWith("application/json");
    JsonNode error = JSON.readTree(answer.body()).path("error");
    assertThat(error.path("message").asText()).as(answer.body()).isNotEmpty();
    assertThat(error.path("code").asText()).as(answer.body()).matches("[a-z0-9_]+");
    assertThat(error.path("type").asText()).isEqualTo("invalid_request_error");
    assertThat(error.has("param")).as(answer.body()).isTrue();
    return error;
  }

  @Test
  void shouldKnowEveryParameterThatTheClientCanSend() throws Exception {
    assumeTrue(python("-c", "import openai").isEmpty(), "skipped: python3 has no openai here");

    assertThat(python("src/test/python/openai_parameters.py", TABLE)).isEmpty();
  }

  /** What it said where it failed; empty where it ended well. */
  private static String python(String... arguments) throws InterruptedException {
    List<String> command = new ArrayList<>(List.of("python3"));
    command.addAll(List.of(arguments));
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String said =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      return process.waitFor() == 0 ? "" : said + " (it failed)";
    } catch (IOException e) {
      return e.toString();
    }
  }

  private record Hostile(
      String name, ServiceKind kind, String method, String path, String type, byte[] body) {}

  @TestFactory
  Stream<DynamicTest> shouldAnswerBadInputWithAnErrorOfTheCallers() {
    return hostile().stream()
        .map(
            bad ->
                DynamicTest.dynamicTest(
                    bad.kind() + " " + bad.name(),
                    () -> {
                      HttpResponse<String> answer =
                          exchange(bad.kind(), bad.method(), bad.path(), bad.type(), bad.body());
                      assertThat(answer.statusCode())
                          .as("%s%n%s", answer.body(), SERVICES.get(bad.kind()).log())
                          .isBetween(400, 499);
                      error(answer);
                    }));
  }

  private static List<Hostile> hostile() {
    List<Hostile> all = new ArrayList<>();
    Map<ServiceKind, String> bodies =
        Map.of(
            ServiceKind.TRAINER, "/v1/fine_tuning/jobs",
            ServiceKind.EVAL, "/v1/chat/completions",
            ServiceKind.REWARD, "/v1/rewards");
    bodies.forEach(
        (kind, path) -> {
          Map<String, byte[]> broken =
              Map.ofEntries(
                  Map.entry("nothing", new byte[0]),
                  Map.entry("null", bytes("null")),
                  Map.entry("a list", bytes("[]")),
                  Map.entry("a text", bytes("\"x\"")),
                  Map.entry("cut", bytes("{\"model\":")),
                  Map.entry("two objects", bytes("{} {}")),
                  Map.entry("deep", bytes("[".repeat(5_000))),
                  Map.entry("deep in a field", bytes("{\"model\":" + "[".repeat(5_000))),
                  Map.entry(
                      "deep and closed",
                      bytes("{\"a\":" + "[".repeat(900) + "]".repeat(900) + "}")),
                  Map.entry("long number", bytes("{\"seed\":" + "9".repeat(5_000) + "}")),
                  Map.entry(
                      "huge exponent", bytes("{\"temperature\":1e999999999,\"seed\":1e999999999}")),
                  Map.entry("long name", bytes("{\"" + "x".repeat(60_000) + "\":1}")),
                  Map.entry("twice", bytes("{\"model\":\"a\",\"model\":\"b\"}")),
                  Map.entry("half a character", bytes("{\"model\":\"\\ud83d\",\"\\udc00\":1}")),
                  Map.entry(
                      "zero in a name",
                      bytes("{\"model\":\"a\\u0000b\",\"requestId\":\"a\\u0000b\"}")),
                  Map.entry("not UTF-8", new byte[] {'{', '"', (byte) 0xff, '"', ':', '1', '}'}),
                  Map.entry(
                      "UTF-32", new byte[] {0, 0, 0, '{', 0, 0, 0x7f, (byte) 0xff, 0x7f, 0, 0, 1}));
          broken.forEach(
              (name, body) ->
                  all.add(new Hostile(name, kind, "POST", path, "application/json", body)));
          all.add(new Hostile("XML", kind, "POST", path, "application/xml", bytes("<a/>")));
          all.add(new Hostile("no type of media", kind, "POST", path, "nonsense", bytes("{}")));
          all.add(
              new Hostile("wrong method", kind, "PATCH", path, "application/json", bytes("{}")));
          all.add(
              new Hostile(
                  "unknown query",
                  kind,
                  "POST",
                  path + "?color=red",
                  "application/json",
                  bytes("{}")));
        });
    for (ServiceKind kind : ServiceKind.values()) {
      all.add(new Hostile("OPTIONS", kind, "OPTIONS", "/v1/files", null, new byte[0]));
      for (String path :
          List.of("/v1/embeddings", "/v1/nothing", "/", "/v1/../v1/x", "/v1/%00", "/v1/a%2fb")) {
        all.add(new Hostile("GET " + path, kind, "GET", path, null, new byte[0]));
      }
    }
    for (String path :
        List.of(
            "/v1/files?limit=x",
            "/v1/files?limit=99999999999999999999",
            "/v1/files?limit=1&limit=2",
            "/v1/files?limit=",
            "/v1/files?color=red",
            "/v1/files/%00",
            "/v1/files/" + "x".repeat(3_000),
            "/v1/datasets?limit=-1",
            "/v1/datasets/x/quarantine?after=x")) {
      all.add(new Hostile("GET " + path, ServiceKind.DATASET, "GET", path, null, new byte[0]));
    }
    for (String path :
        List.of(
            "/v1/fine_tuning/jobs?limit=x",
            "/v1/fine_tuning/jobs?metadata=x",
            "/v1/fine_tuning/jobs?metadata[a=b",
            "/v1/fine_tuning/jobs?dry_run=true")) {
      String encoded = path.replace("[", "%5B");
      all.add(new Hostile("GET " + path, ServiceKind.TRAINER, "GET", encoded, null, new byte[0]));
    }
    all.add(
        new Hostile(
            "dry_run=maybe",
            ServiceKind.TRAINER,
            "POST",
            "/v1/fine_tuning/jobs?dry_run=maybe",
            "application/json",
            bytes("{}")));
    all.add(
        new Hostile(
            "limit=x", ServiceKind.EVAL, "GET", "/v1/evaluations?limit=x", null, new byte[0]));
    all.addAll(forms());
    return all;
  }

  private static List<Hostile> forms() {
    StringBuilder many = new StringBuilder();
    for (int i = 0; i < 10_000; i++) {
      field(many, "part" + i, "x");
    }
    StringBuilder wrongNames = new StringBuilder();
    field(wrongNames, "purpose", "fine-tune");
    file(wrongNames, "../../x\u0000.jsonl", "{}");
    StringBuilder good = new StringBuilder();
    field(good, "purpose", "fine-tune");
    file(good, "a.jsonl", "{}");
    StringBuilder twice = new StringBuilder(good);
    file(twice, "b.jsonl", "{}");
    StringBuilder unknown = new StringBuilder(good);
    field(unknown, "color", "red");
    StringBuilder notAFile = new StringBuilder();
    field(notAFile, "purpose", "fine-tune");
    field(notAFile, "file", "{}");
    String end = "--" + BOUNDARY + "--\r\n";
    Map<String, String> bodies =
        Map.of(
            "10,000 parts", many + end,
            "cut", good.substring(0, good.length() - 5),
            "no end", good.toString(),
            "a path for a name", wrongNames + end,
            "two files", twice + end,
            "an unknown part", unknown + end,
            "text for a file", notAFile + end,
            "nothing", "",
            "no parts", end,
            "a long header",
                "--" + BOUNDARY + "\r\nX: " + "x".repeat(100_000) + "\r\n\r\na\r\n" + end);
    List<Hostile> forms = new ArrayList<>();
    bodies.forEach(
        (name, body) ->
            forms.add(
                new Hostile(
                    "form: " + name,
                    ServiceKind.DATASET,
                    "POST",
                    "/v1/files",
                    multipart(),
                    bytes(body))));
    forms.add(
        new Hostile(
            "form without boundary",
            ServiceKind.DATASET,
            "POST",
            "/v1/files",
            "multipart/form-data",
            bytes(good + end)));
    forms.add(
        new Hostile(
            "JSON for a form",
            ServiceKind.DATASET,
            "POST",
            "/v1/files",
            "application/json",
            bytes("{}")));
    return forms;
  }

  /** Lines that no HTTP client writes. */
  @Test
  void shouldSurviveRequestsThatAreNoHttp() throws Exception {
    for (ServiceKind kind : ServiceKind.values()) {
      URI uri = SERVICES.get(kind).uri("");
      for (String request :
          List.of(
              "GET /v1/files?limit=%zz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
              "GET /v1/files\u0000 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
              "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: x\r\n\r\n",
              "NONSENSE\r\n\r\n")) {
        try (Socket socket = new Socket("127.0.0.1", uri.getPort())) {
          socket.setSoTimeout(20_000);
          socket.getOutputStream().write(bytes(request));
          InputStream in = socket.getInputStream();
          String status = new String(in.readNBytes(12), StandardCharsets.US_ASCII);
          assertThat(status).as("%s: %s", kind, request).doesNotContain(" 5");
        }
      }
      assertThat(SERVICES.get(kind).status("/q/health/live")).isEqualTo(200);
    }
  }

  /** Errors and what may be null are written down where clients are generated from. */
  @Test
  void shouldDescribeErrorsOfEveryOperation() throws Exception {
    for (ServiceKind kind : ServiceKind.values()) {
      HttpResponse<String> answer = get(kind, "/q/openapi?format=json");
      assertThat(answer.statusCode()).isEqualTo(200);
      JsonNode document = JSON.readTree(answer.body());
      for (JsonNode path : document.path("paths")) {
        StreamSupport.stream(path.spliterator(), false)
            .filter(operation -> operation.has("responses"))
            .forEach(
                operation ->
                    assertThat(
                            operation
                                .at("/responses/4XX/content/application~1json/schema/$ref")
                                .asText())
                        .as("%s %s", kind, operation.path("operationId"))
                        .isEqualTo("#/components/schemas/ErrorBody"));
      }
    }
  }
}
