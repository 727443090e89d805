package io.affinage.eval;

import static io.restassured.RestAssured.given;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItems;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.broker.testing.ExampleRecords;
import io.affinage.broker.testing.HostileRecords;
import io.affinage.events.ArtifactRef;
import io.affinage.events.EvaluationClaimed;
import io.affinage.events.EvaluationCompleted;
import io.affinage.events.EvaluationFailed;
import io.affinage.events.EvaluationRequested;
import io.affinage.events.EvaluationSpec;
import io.affinage.events.Event;
import io.affinage.events.ModelPromoted;
import io.affinage.events.ModelRegistered;
import io.affinage.events.ModelRejected;
import io.affinage.events.Topics;
import io.affinage.events.spec.Settings;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The running service on a real broker with a real, tiny model. */
@QuarkusTest
@QuarkusTestResource(EvalStack.class)
class EvalServiceIT {
  private static final Duration SOON = Duration.ofSeconds(90);
  private static final EvaluationSpec SPEC =
      new EvaluationSpec(
          List.of("exact_match", "multiple_choice", "perplexity"),
          null,
          null,
          2,
          8,
          null,
          null,
          null,
          null);

  @ConfigProperty(name = "kafka.bootstrap.servers")
  String bootstrapServers;

  private EventBench bench;

  @BeforeEach
  void connect() {
    await().atMost(SOON).untilAsserted(() -> given().get("/q/health/ready").then().statusCode(200));
    bench = new EventBench(bootstrapServers);
    bench.scoreExactMatches();
  }

  @AfterEach
  void disconnect() {
    bench.close();
  }

  @Test
  void shouldPromoteABetterModelOnceHoweverOftenAsked() {
    register(EvalStack.model());
    EvaluationRequested request = request("eval-better", EvalStack.model(), SPEC);
    bench.send(Topics.EVALUATION_REQUESTED, request);
    bench.send(Topics.EVALUATION_REQUESTED, request);
    awaitStatus("eval-better", "succeeded")
        .body("result.variants.tuned.exact_match.score", equalTo(1.0f))
        .body("result.variants.base.exact_match.score", equalTo(0.0f))
        .body("result.variants.tuned.multiple_choice.score", equalTo(1.0f))
        .body("result.items", equalTo(6));
    EvaluationCompleted completed =
        bench
            .read(Topics.EVALUATION_COMPLETED, "eval-better", EvaluationCompleted.class)
            .get(0)
            .data();
    assertThat(completed.variants().get("tuned").get("perplexity").score())
        .isLessThan(completed.variants().get("base").get("perplexity").score() / 10);
    assertThat(completed.variants()).containsKeys("prompted");
    assertThat(completed.samples()).hasSize(5);
    assertThat(completed.comparison().gain()).isEqualTo(1);
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                given()
                    .get("/v1/models/tiny:colours:1")
                    .then()
                    .statusCode(200)
                    .body("affinage.decision.status", equalTo("promoted"))
                    .body("affinage.decision.reason", containsString("gain 1.000")));
    // A third time, long after the end.
    bench.send(Topics.EVALUATION_REQUESTED, request);
    EvaluationRequested other = request("eval-after", EvalStack.model(), SPEC);
    bench.send(Topics.EVALUATION_REQUESTED, other);
    awaitStatus("eval-after", "succeeded");
    assertThat(bench.read(Topics.EVALUATION_COMPLETED, "eval-better", EvaluationCompleted.class))
        .hasSize(1);
    assertThat(
            bench.read(Topics.MODEL_PROMOTED, "tiny:colours:1", ModelPromoted.class).stream()
                .filter(e -> e.data().evaluationId().equals("eval-better")))
        .hasSize(1);
    assertThat(bench.read(Topics.MODEL_REJECTED, "tiny:colours:1", ModelRejected.class)).isEmpty();
    given()
        .get("/q/metrics")
        .then()
        .body(
            containsString(
                "affinage_evaluation_score{metric=\"exact_match\",variant=\"tuned\"} 1.0"))
        .body(containsString("affinage_evaluation_queued"))
        .body(containsString("affinage_evaluation_queued_age_seconds"))
        .body(containsString("affinage_evaluation_running"))
        .body(containsString("affinage_evaluation_lease_expired_total"))
        .body(containsString("affinage_events_duplicates_total{topic=\"evaluation.requested\"}"))
        .body(containsString("affinage_evaluation_items_total{variant=\"prompted\"}"))
        .body(containsString("affinage_model_decisions_total{outcome=\"promoted\"}"))
        .body(containsString("affinage_generation_tokens_total"));
  }

  @Test
  void shouldRejectAModelThatIsItsBase() {
    register(EvalStack.untuned());
    bench.send(Topics.EVALUATION_REQUESTED, request("eval-same", EvalStack.untuned(), SPEC));
    awaitStatus("eval-same", "succeeded");
    List<Event<ModelRejected>> rejected =
        bench.read(Topics.MODEL_REJECTED, "tiny:same:1", ModelRejected.class);
    assertThat(rejected).hasSize(1);
    assertThat(rejected.get(0).data().reason()).contains("exact_match: gain 0", "p = 1.00");
    assertThat(rejected.get(0).metadata().correlationId()).isEqualTo("run-1");
  }

  @Test
  void shouldEndWhatCannotBeEvaluatedWithACode() {
    ArtifactRef absent = new ArtifactRef("sha256:" + "0".repeat(64), ArtifactRef.Kind.FOLDER, 1);
    ModelRegistered model = EvalStack.model();
    bench.send(
        Topics.EVALUATION_REQUESTED,
        new EvaluationRequested("eval-no-data", model, absent, SPEC, null));
    bench.send(
        Topics.EVALUATION_REQUESTED,
        new EvaluationRequested(
            "eval-no-model", with(model, absent), EvalStack.dataset(), SPEC, null));
    EvaluationSpec wrong =
        new EvaluationSpec(List.of("bleu"), null, null, null, null, null, null, null, null);
    bench.send(Topics.EVALUATION_REQUESTED, request("eval-wrong", model, wrong));
    awaitStatus("eval-no-data", "failed").body("error.code", equalTo("split_not_found"));
    awaitStatus("eval-no-model", "failed").body("error.code", equalTo("model_not_found"));
    awaitStatus("eval-wrong", "failed")
        .body("error.code", equalTo("invalid_spec"))
        .body("error.param", equalTo("spec.metrics"));
    assertThat(bench.read(Topics.EVALUATION_COMPLETED, "eval-wrong", EvaluationFailed.class))
        .hasSize(1);
    assertThat(bench.read(Topics.EVALUATION_LOG, "eval-wrong", EvaluationFailed.class)).hasSize(1);
  }

  @Test
  void shouldWaitVisiblyForAStoreThatCannotBeUsedAndThenFinish() throws IOException {
    EvaluationSpec quick =
        new EvaluationSpec(List.of("perplexity"), null, 1, 0, 1, null, null, null, null);
    EvalStack.breakStore();
    try {
      bench.send(Topics.EVALUATION_REQUESTED, request("eval-waits", EvalStack.unopened(), quick));
      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThat(
                          bench.read(Topics.EVALUATION_LOG, "eval-waits", EvaluationClaimed.class))
                      .anyMatch(
                          claim ->
                              claim.data().waiting() != null
                                  && claim.data().waiting().code().equals("store_unavailable")));
    } finally {
      EvalStack.mendStore();
    }
    awaitStatus("eval-waits", "succeeded");
    assertThat(bench.read(Topics.EVALUATION_LOG, "eval-waits", EvaluationClaimed.class))
        .allMatch(claim -> claim.data().attempt() == 1);
  }

  @Test
  void shouldPutPoisonAsideAndGoOn() {
    byte[] key = "poison".getBytes(UTF_8);
    bench.send(new ProducerRecord<>("evaluation.requested", key, new byte[] {0, (byte) 0xff}));
    bench.send(new ProducerRecord<>("evaluation.requested", key, "{}".getBytes(UTF_8)));
    EvaluationSpec quick =
        new EvaluationSpec(List.of("perplexity"), null, 1, 0, 1, null, null, null, null);
    bench.send(
        Topics.EVALUATION_REQUESTED, request("eval-behind-poison", EvalStack.model(), quick));
    awaitStatus("eval-behind-poison", "succeeded").body("result.leftOut", equalTo(5));
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(
                        bench.read("evaluation.requested.dlq").stream()
                            .filter(record -> Arrays.equals(record.key(), key)))
                    .hasSize(2)
                    .allSatisfy(
                        record ->
                            assertThat(
                                    new String(
                                        record.headers().lastHeader("dead-letter-reason").value(),
                                        UTF_8))
                                .contains("missing_attribute")));
  }

  /** On every topic that the service reads; whatever is no request of the group's is put aside. */
  @Test
  void shouldAnswerBehindHostileRecordsOfEveryKind() {
    for (String topic :
        List.of(
            "evaluation.requested",
            "evaluation.log",
            "evaluation.completed",
            "model.registered",
            "model.promoted",
            "model.rejected")) {
      new HostileRecords(11)
          .each(ExampleRecords.of(topic).get(0))
          .filter(hostile -> isTakenByKafka(topic, hostile.record()))
          .forEach(hostile -> bench.send(hostile.record()));
    }
    EvaluationSpec quick =
        new EvaluationSpec(List.of("perplexity"), null, 1, 0, 1, null, null, null, null);
    bench.send(
        Topics.EVALUATION_REQUESTED, request("eval-behind-hostile", EvalStack.model(), quick));

    awaitStatus("eval-behind-hostile", "succeeded");
    given().get("/q/health/ready").then().statusCode(200);
    given().get("/v1/models").then().statusCode(200);
    given().get("/v1/evaluations").then().statusCode(200);
    assertThat(given().get("/q/metrics").asString())
        .containsPattern("affinage_events_skipped_total\\{topic=\"evaluation.log\"[^}]*} [1-9]")
        .containsPattern("affinage_follower_restarts_total\\{follower=\"[a-z.]+\"[^}]*} 0")
        .doesNotContainPattern("affinage_follower_restarts_total\\{[^}]*} [1-9]");
  }

  private static boolean isTakenByKafka(String topic, ProducerRecord<byte[], byte[]> record) {
    return record.key() != null || !Topics.find(topic).orElseThrow().isCompacted();
  }

  @Test
  void shouldListModelsAndTheirBases() {
    register(EvalStack.model());
    given()
        .get("/v1/models")
        .then()
        .statusCode(200)
        .body("object", equalTo("list"))
        .body("data.id", hasItems("tiny:colours:1", "hub:affinage/tiny"));
    given()
        .get("/v1/models/hub:affinage/tiny")
        .then()
        .statusCode(200)
        .body("affinage.kind", equalTo("base"));
    given()
        .get("/v1/models/nobody")
        .then()
        .statusCode(404)
        .body("error.code", equalTo("model_not_found"))
        .body("error.type", equalTo("invalid_request_error"));
    given().get("/v1/evaluations/nothing").then().statusCode(404);
    given().get("/v1/evaluations?limit=0").then().statusCode(400);
    given()
        .get("/q/openapi?format=json")
        .then()
        .body("paths.'/v1/chat/completions'.post.summary", equalTo("Answer a chat"));
  }

  @Test
  void shouldContinueTextWithTheTunedModelAndWithItsBase() {
    register(EvalStack.model());
    completion(
            "{\"model\":\"tiny:colours:1\",\"prompt\":\"The colour of snow is\",\"temperature\":0}")
        .statusCode(200)
        .body("object", equalTo("text_completion"))
        .body("choices[0].text", equalTo(" white"))
        .body("choices[0].finish_reason", equalTo("stop"))
        .body("usage.total_tokens", org.hamcrest.Matchers.greaterThan(5));
    completion(
            "{\"model\":\"tiny:colours:1\",\"prompt\":\"The colour of snow is\",\"temperature\":0,\"stop\":\"it\"}")
        .body("choices[0].text", equalTo(" wh"))
        .body("choices[0].finish_reason", equalTo("stop"));
    completion(
            "{\"model\":\"hub:affinage/tiny\",\"prompt\":\"The colour of snow is\",\"temperature\":0,\"max_tokens\":3}")
        .statusCode(200)
        .body("choices[0].finish_reason", equalTo("length"))
        .body("usage.completion_tokens", equalTo(3));
    String seeded =
        "{\"model\":\"hub:affinage/tiny\",\"prompt\":\"The\",\"temperature\":1.5,\"top_p\":0.9,\"seed\":5,\"max_tokens\":20}";
    String first = completion(seeded).statusCode(200).extract().path("choices[0].text");
    completion(seeded).body("choices[0].text", equalTo(first));
  }

  @Test
  void shouldStreamAChat() throws IOException, InterruptedException {
    register(EvalStack.model());
    List<JsonNode> chunks = new ArrayList<>();
    List<String> lines =
        stream(
            """
            {"model":"tiny:colours:1","messages":[{"role":"system","content":"s"},
             {"role":"user","content":[{"type":"text","text":"sky?"}]}],
             "stream":true,"stream_options":{"include_usage":true},"max_completion_tokens":6,
             "temperature":0,"seed":1,"user":"me"}
            """);
    assertThat(lines.get(lines.size() - 1)).isEqualTo("data: [DONE]");
    ObjectMapper json = new ObjectMapper();
    for (String line : lines.subList(0, lines.size() - 1)) {
      assertThat(line).startsWith("data: {");
      chunks.add(json.readTree(line.substring(6)));
    }
    assertThat(chunks.get(0).at("/choices/0/delta/role").asText()).isEqualTo("assistant");
    JsonNode usage = chunks.get(chunks.size() - 1);
    assertThat(usage.at("/choices")).isEmpty();
    assertThat(usage.at("/usage/completion_tokens").asInt()).isBetween(1, 6);
    JsonNode last = chunks.get(chunks.size() - 2);
    assertThat(last.at("/choices/0/finish_reason").asText()).isIn("stop", "length");
    assertThat(last.at("/choices/0/delta").isObject()).isTrue();
    StringBuilder text = new StringBuilder();
    chunks.forEach(chunk -> text.append(chunk.at("/choices/0/delta/content").asText("")));
    chat("""
    {"model":"tiny:colours:1","messages":[{"role":"system","content":"s"},
     {"role":"user","content":"sky?"}],"max_tokens":6,"temperature":0}
    """)
        .statusCode(200)
        .body("object", equalTo("chat.completion"))
        .body("choices[0].message.role", equalTo("assistant"))
        .body("choices[0].message.content", equalTo(text.toString()));
  }

  @Test
  void shouldRefuseAsOpenAiDoes() {
    register(EvalStack.model());
    refused(
        "{\"model\":\"nobody\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}",
        404,
        "model_not_found");
    refused(
        "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}",
        400,
        "missing_required_parameter");
    refused("{\"model\":\"tiny:colours:1\",\"messages\":[]}", 400, "missing_required_parameter");
    refused(with("\"temperature\":3"), 400, "invalid_value");
    refused(with("\"n\":2"), 400, "unsupported_parameter");
    refused(with("\"tools\":[{\"type\":\"custom\"}]"), 400, "unsupported_parameter");
    refused(with("\"logprobs\":true"), 400, "unsupported_parameter");
    refused(with("\"flavour\":1"), 400, "unknown_parameter");
    refused(with("\"max_tokens\":100000"), 400, "context_length_exceeded");
    refused(with("\"stream_options\":{}"), 400, "invalid_value");
    refused("{\"model\":", 400, "invalid_json");
    refused("[]", 400, "invalid_json");
  }

  private static String with(String more) {
    return "{\"model\":\"tiny:colours:1\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],"
        + more
        + "}";
  }

  private void refused(String body, int status, String code) {
    chat(body)
        .statusCode(status)
        .body("error.code", equalTo(code))
        .body("error.type", equalTo("invalid_request_error"));
  }

  private void register(ModelRegistered model) {
    bench.send(Topics.MODEL_REGISTERED, model);
    await()
        .atMost(SOON)
        .untilAsserted(() -> given().get("/v1/models/" + model.modelId()).then().statusCode(200));
  }

  private static ModelRegistered with(ModelRegistered model, ArtifactRef files) {
    return Settings.from(model)
        .with("model", files)
        .with("base", files)
        .with("slip", null)
        .record();
  }

  private static EvaluationRequested request(
      String id, ModelRegistered model, EvaluationSpec spec) {
    return new EvaluationRequested(id, model, EvalStack.dataset(), spec, null);
  }

  private static ValidatableResponse awaitStatus(String id, String status) {
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                given()
                    .get("/v1/evaluations/" + id)
                    .then()
                    .statusCode(200)
                    .body("status", equalTo(status)));
    return given().get("/v1/evaluations/" + id).then();
  }

  private static ValidatableResponse completion(String body) {
    return given().contentType(ContentType.JSON).body(body).post("/v1/completions").then();
  }

  private static ValidatableResponse chat(String body) {
    return given().contentType(ContentType.JSON).body(body).post("/v1/chat/completions").then();
  }

  private static List<String> stream(String body) throws IOException, InterruptedException {
    HttpResponse<String> response =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(
                        URI.create(
                            "http://127.0.0.1:"
                                + io.restassured.RestAssured.port
                                + "/v1/chat/completions"))
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("content-type").orElse(""))
        .startsWith("text/event-stream");
    return response.body().lines().filter(line -> !line.isEmpty()).toList();
  }
}
