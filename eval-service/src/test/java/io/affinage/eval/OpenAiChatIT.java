package io.affinage.eval;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.affinage.events.ModelRegistered;
import io.affinage.events.Topics;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.http.ContentType;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;

/** What clients of OpenAI's API do: the client in Python, and one that goes away. */
@QuarkusTest
@QuarkusTestResource(EvalStack.class)
class OpenAiChatIT {
  private static final Duration SOON = Duration.ofSeconds(90);
  private static final int LONG_ANSWER = 90_000;

  @ConfigProperty(name = "kafka.bootstrap.servers")
  String bootstrapServers;

  @Test
  void shouldServeOpenAisOwnClient() throws Exception {
    assumeTrue(hasClient(), "skipped: python3 with the package openai is not here");
    register(EvalStack.model());

    Process client =
        python(
            "src/test/python/openai_chat.py",
            "http://127.0.0.1:" + RestAssured.port,
            EvalStack.model().modelId());
    String said = new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(client.waitFor()).as(said).isZero();
  }

  /** One model answers one question at a time, so the second answer comes behind the first. */
  @Test
  void shouldStopAnsweringAClientThatWentAway() throws Exception {
    register(EvalStack.tireless());
    double before = generated();
    HttpResponse<InputStream> stream =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + RestAssured.port + "/v1/completions"))
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(ask(LONG_ANSWER, true)))
                    .build(),
                HttpResponse.BodyHandlers.ofInputStream());
    assertThat(stream.statusCode()).isEqualTo(200);
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(stream.body(), StandardCharsets.UTF_8))) {
      assertThat(lines.readLine()).startsWith("data: {");
    }

    given()
        .contentType(ContentType.JSON)
        .body(ask(1, false))
        .post("/v1/completions")
        .then()
        .statusCode(200);

    assertThat(generated() - before).isBetween(2.0, LONG_ANSWER / 2.0);
  }

  private static String ask(int tokens, boolean stream) {
    return "{\"model\":\"%s\",\"prompt\":\"The\",\"temperature\":0,\"max_tokens\":%d,\"stream\":%s}"
        .formatted(EvalStack.tireless().modelId(), tokens, stream);
  }

  private static double generated() {
    return RestAssured.get("/q/metrics")
        .asString()
        .lines()
        .filter(line -> line.startsWith("affinage_generation_tokens_total"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  private void register(ModelRegistered model) {
    await().atMost(SOON).untilAsserted(() -> given().get("/q/health/ready").then().statusCode(200));
    try (EventBench bench = new EventBench(bootstrapServers)) {
      bench.send(Topics.MODEL_REGISTERED, model);
    }
    await()
        .atMost(SOON)
        .untilAsserted(() -> given().get("/v1/models/" + model.modelId()).then().statusCode(200));
  }

  private static boolean hasClient() throws InterruptedException {
    try {
      Process probe = python("-c", "import openai");
      probe.getInputStream().readAllBytes();
      return probe.waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private static Process python(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of("python3"));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }
}
