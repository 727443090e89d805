package io.affinage.dataset.rest;

import static io.affinage.dataset.KafkaProbe.SOON;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.affinage.dataset.KafkaProbe;
import io.affinage.dataset.KafkaResource;
import io.affinage.events.DatasetReady;
import io.affinage.events.Topics;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.UUID;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The files API as a plain HTTP client sees it. */
@QuarkusTest
@QuarkusTestResource(KafkaResource.class)
class FilesIT {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String CHAT =
      "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi %s\"},"
          + "{\"role\":\"assistant\",\"content\":\"Ho\"}]}\n";

  @TestHTTPResource("/")
  URI base;

  @ConfigProperty(name = "kafka.bootstrap.servers")
  String bootstrapServers;

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final String unique = UUID.randomUUID().toString();

  @BeforeEach
  void awaitReady() {
    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(get("q/health/ready").statusCode()).isEqualTo(200));
  }

  @Test
  void shouldTakeAFileFromUploadToDeletion() throws Exception {
    String content = CHAT.formatted(unique).repeat(2) + CHAT.formatted(unique + "!");
    JsonNode uploaded = json(upload("fine-tune", "chat.jsonl", content));
    String id = uploaded.get("id").asText();
    assertThat(id).matches("file-[0-9a-f]{20}");
    assertThat(uploaded.get("object").asText()).isEqualTo("file");
    assertThat(uploaded.get("bytes").asInt()).isEqualTo(content.length());
    assertThat(uploaded.get("filename").asText()).isEqualTo("chat.jsonl");
    assertThat(uploaded.get("purpose").asText()).isEqualTo("fine-tune");

    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(json(get("v1/files/" + id)).get("status").asText())
                    .isEqualTo("processed"));
    try (KafkaProbe kafka = new KafkaProbe(bootstrapServers)) {
      DatasetReady ready = kafka.first(Topics.DATASET_READY, id, DatasetReady.class);
      assertThat(ready.counts().accepted()).isEqualTo(2);
      assertThat(ready.counts().duplicates()).isEqualTo(1);
      assertThat(ready.name()).isEqualTo("chat.jsonl");

      assertThat(json(upload("fine-tune", "chat.jsonl", content)).get("id").asText()).isEqualTo(id);
      assertThat(get("v1/files/" + id + "/content").body()).isEqualTo(content);
      assertThat(
              http.send(
                      HttpRequest.newBuilder(base.resolve("v1/files/" + id + "/content"))
                          .header("Accept", "application/binary")
                          .build(),
                      HttpResponse.BodyHandlers.ofString())
                  .body())
          .isEqualTo(content);
      JsonNode list = json(get("v1/files?purpose=fine-tune&limit=1000"));
      assertThat(list.get("data").findValuesAsText("id")).contains(id);
      assertThat(json(get("v1/files?limit=1")).get("data")).hasSize(1);

      JsonNode deleted = json(delete("v1/files/" + id));
      assertThat(deleted.get("deleted").asBoolean()).isTrue();
      assertThat(get("v1/files/" + id).statusCode()).isEqualTo(404);
      var records = kafka.records(Topics.DATASET_READY, id);
      assertThat(records.get(records.size() - 1).value()).isNull();
    }
    String again = json(upload("fine-tune", "chat.jsonl", content)).get("id").asText();
    assertThat(again).isEqualTo(id);
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(json(get("v1/files/" + id)).get("status").asText())
                    .isEqualTo("processed"));
  }

  @Test
  void shouldSayWhyAFileIsOfNoUse() throws Exception {
    JsonNode uploaded =
        json(upload("fine-tune", "bad.jsonl", "{\"question\":\"" + unique + "\"}\n"));
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              JsonNode file = json(get("v1/files/" + uploaded.get("id").asText()));
              assertThat(file.get("status").asText()).isEqualTo("error");
              assertThat(file.get("status_details").asText())
                  .startsWith("unknown_layout: ")
                  .contains("question");
            });
  }

  /** A file from Excel: of no use as it is guessed, and read as the producer says. */
  @Test
  void shouldMakeADatasetOfAFileAsItIsTold() throws Exception {
    String content = "text;label\nis %s late?;1\nis %s here?;0\n".formatted(unique, unique);
    String file = json(upload("fine-tune", "faq.csv", content)).get("id").asText();
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(json(get("v1/files/" + file)).path("status_details").asText())
                    .startsWith("column_not_read: "));
    String body =
        "{\"file\":\"%s\",\"name\":\"faq\",\"columns\":{\"text\":\"prompt\",\"label\":\"completion\"},\"separator\":\";\",\"split\":{\"validation\":0,\"test\":0}}"
            .formatted(file);
    JsonNode submitted = json(submit(body));
    assertThat(submitted.get("status").asText()).isEqualTo("submitted");
    String id = submitted.get("id").asText();
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              JsonNode dataset = json(get("v1/datasets/" + id));
              assertThat(dataset.path("status").asText()).isEqualTo("ready");
              assertThat(dataset.get("unused_columns")).isEmpty();
              assertThat(dataset.get("notes")).isEmpty();
              assertThat(dataset.get("report").get("separator").asText()).isEqualTo(";");
              assertThat(dataset.get("splits").get("train").asInt()).isEqualTo(2);
            });
    assertThat(json(submit(body)).get("status").asText()).isEqualTo("ready");
    assertError(submit(body.replace("\"name\"", "\"nam\"")), 400, "invalid_field", "nam");
    assertError(submit(body.replace("faq", "../x")), 400, "invalid_name", "name");
    assertError(submit("{\"file\":\"file-absent\"}"), 404, "file_not_found", "id");
    assertError(submit("{}"), 400, "missing_file", "file");
  }

  /** No resource takes a form by these methods. */
  @ParameterizedTest
  @CsvSource({"GET, 200", "HEAD, 200", "TRACE, 405", "FOO, 405"})
  void shouldAnswerAFormWhateverItsMethod(String method, int status) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(base.resolve("v1/files"))
            .header("Content-Type", "multipart/form-data; boundary=b")
            .method(
                method,
                HttpRequest.BodyPublishers.ofString(
                    "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nfine-tune\r\n--b--\r\n"))
            .build();
    assertThat(http.send(request, HttpResponse.BodyHandlers.ofString()).statusCode())
        .isEqualTo(status);
  }

  @Test
  void shouldRefuseInTheErrorShapeOfOpenAi() throws Exception {
    assertError(upload("assistants", "x.jsonl", "{}"), 400, "invalid_purpose", "purpose");
    assertError(upload(null, "x.jsonl", "{}"), 400, "invalid_purpose", "purpose");
    assertError(upload("fine-tune", "../x.jsonl", "{}"), 400, "invalid_filename", "file");
    assertError(upload("fine-tune", null, null), 400, "missing_file", "file");
    assertError(get("v1/files/file-absent"), 404, "file_not_found", "id");
    assertError(get("v1/files/file-absent/content"), 404, "file_not_found", "id");
    assertError(delete("v1/files/file-absent"), 404, "file_not_found", "id");
    assertError(get("v1/files?limit=0"), 400, "invalid_limit", "limit");
    assertError(get("v1/files?after=absent"), 400, "invalid_cursor", "after");
    assertError(get("v1/datasets/absent"), 404, "dataset_not_found", "id");
    assertError(get("v1/datasets/..%2F..%2Fetc%2Fpasswd"), 404, "dataset_not_found", "id");
    assertThat(get("v1/nothing").statusCode()).isEqualTo(404);
  }

  @Test
  void shouldRefuseAnUploadThatIsTooLargeBeforeItIsSent() throws Exception {
    try (Socket socket = new Socket(base.getHost(), base.getPort())) {
      String head =
          """
          POST /v1/files HTTP/1.1
          Host: localhost
          Content-Type: multipart/form-data; boundary=B
          Content-Length: 22020096
          Expect: 100-continue

          """;
      socket.getOutputStream().write(head.replace("\n", "\r\n").getBytes(UTF_8));
      String answer = new String(socket.getInputStream().readAllBytes(), UTF_8);

      assertThat(answer).startsWith("HTTP/1.1 413 ").contains("\"body_too_large\"");
    }
  }

  @Test
  void shouldRefuseAFormThatIsCutOffOrHasTooManyParts() throws Exception {
    String file =
        "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jsonl\"\r\n\r\nabc\r\n";
    String field = "--B\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\nabc\r\n";
    assertError(form(file), 400, "invalid_body", null);
    assertError(form("--B--\r\n"), 400, "invalid_body", null);
    assertError(form(file.repeat(10_000) + "--B--\r\n"), 400, "invalid_body", null);
    assertError(form(field.repeat(10_000) + "--B--\r\n"), 400, "invalid_body", null);
  }

  private HttpResponse<String> form(String body) throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(base.resolve("v1/files"))
            .header("Content-Type", "multipart/form-data; boundary=B")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void shouldDescribeAndMeasureItself() throws Exception {
    assertThat(get("q/openapi").body())
        .contains("/v1/files", "/v1/files/{id}/content", "/v1/datasets/{id}/quarantine");
    String metrics = get("q/metrics").body();
    assertThat(metrics)
        .contains(
            "affinage_dataset_rows_total{outcome=\"accepted\"",
            "affinage_dataset_rows_total{outcome=\"quarantined\"",
            "affinage_dataset_rows_total{outcome=\"duplicate\"",
            "affinage_dataset_bytes_total",
            "affinage_dataset_submissions_total{outcome=\"ready\"",
            "affinage_dataset_submissions_total{outcome=\"rejected\"",
            "affinage_dataset_ingest_seconds_count",
            "affinage_events_deadletter_total{topic=\"dataset.submitted\"",
            "affinage_events_duplicates_total{topic=\"dataset.submitted\"");
  }

  private HttpResponse<String> upload(String purpose, String filename, String content)
      throws IOException, InterruptedException {
    StringBuilder body = new StringBuilder();
    if (purpose != null) {
      body.append("--B\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n");
      body.append(purpose).append("\r\n");
    }
    if (filename != null) {
      body.append("--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"");
      body.append(filename).append("\"\r\nContent-Type: application/octet-stream\r\n\r\n");
      body.append(content).append("\r\n");
    }
    body.append("--B--\r\n");
    return http.send(
        HttpRequest.newBuilder(base.resolve("v1/files"))
            .header("Content-Type", "multipart/form-data; boundary=B")
            .POST(HttpRequest.BodyPublishers.ofString(body.toString(), UTF_8))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> submit(String body) throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(base.resolve("v1/datasets"))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body, UTF_8))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(base.resolve(path)).build(), HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> delete(String path) throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(base.resolve(path)).DELETE().build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static JsonNode json(HttpResponse<String> response) throws IOException {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return JSON.readTree(response.body());
  }

  private static void assertError(
      HttpResponse<String> response, int status, String code, String param) throws IOException {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    JsonNode error = JSON.readTree(response.body()).get("error");
    assertThat(error.get("code").asText()).isEqualTo(code);
    assertThat(error.get("param").textValue()).isEqualTo(param);
    assertThat(error.get("type").asText()).isEqualTo("invalid_request_error");
    assertThat(error.get("message").asText()).isNotBlank();
  }
}
