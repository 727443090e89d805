package io.affinage.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.affinage.cli.CliException;
import io.affinage.cli.client.ServiceAddress;
import io.affinage.cli.terminal.Terminal;
import io.affinage.events.Stage;
import io.affinage.events.TrainingSpec;
import io.affinage.events.adapter.LoraSpec;
import io.affinage.events.spec.Settings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class DryRunReportTest {
  private static final String ANSWER =
      """
      {"spec": {"method": "sft", "optimizer": {"type": "lion", "beta1": 0.9}, "adapter": {"loraAlpha": 16, "targetModules": ["all-linear"]}, "maxSteps": null},
       "preflight": {"dtype": "bfloat16", "counts": {"tokens": 62926.0, "examples_truncated": 0.0},
         "memory": {"weights": 269000000, "trainedParameters": 4884480, "peak": null},
         "seconds": {"training": 123.45, "evaluation": null}, "notes": ["No images."]},
       "problem": null}
      """;

  @Test
  void shouldShowWhichRegimesFit() throws Exception {
    String answer =
        """
        {"spec": {}, "preflight": null,
         "fit": {"regime": "lora", "fits": false, "machine": 25769803776, "regimes": [
           {"name": "lora", "peakBytes": 150323855360, "fits": false},
           {"name": "qlora-streamed", "peakBytes": 15032385536, "fits": true}]},
         "problem": {"code": "insufficient_memory", "message": "lora is estimated to need 143360 MiB"}}
        """;

    DryRunReport report = asking(200, answer, new AtomicReference<>());

    assertThat(report.possible()).isFalse();
    assertThat(report.lines())
        .contains(
            "problem   lora is estimated to need 143360 MiB [insufficient_memory]",
            "fit       lora does not fit this machine (24.0 GiB)",
            "fit       lora             140.0 GiB, does not fit  <- this recipe",
            "fit       qlora-streamed   14.0 GiB, fits");
  }

  @Test
  void shouldAskForTheTrainingAndShowCountsMemoryTimeAndEverySetting() throws Exception {
    AtomicReference<String> asked = new AtomicReference<>();
    DryRunReport answer = asking(200, ANSWER, asked);

    JsonNode request = new ObjectMapper().readTree(asked.get());
    assertThat(request.get("model").asText()).isEqualTo("hub:owner/name");
    assertThat(request.get("training_file").asText()).isEqualTo("run-1");
    assertThat(request.get("affinage").get("maxSteps").asInt()).isEqualTo(7);
    assertThat(answer.possible()).isTrue();
    assertThat(answer.lines().stream().map(line -> line.replaceAll("\\s+", " ").strip()))
        .containsExactly(
            "tokens 62,926",
            "examples_truncated 0",
            "memory weights 256 MiB",
            "trained_parameters 4,884,480",
            "seconds training 123.5 (all steps; loading, checkpoints and export come on top)",
            "computes in bfloat16",
            "note No images.",
            "settings:",
            "method sft",
            "optimizer.type lion",
            "optimizer.beta1 0.9",
            "adapter.lora_alpha 16",
            "adapter.target_modules [\"all-linear\"]");
  }

  @Test
  void shouldSayWhatWouldFail() throws Exception {
    DryRunReport answer =
        asking(
            200,
            "{\"spec\": {}, \"problem\": {\"code\": \"insufficient_memory\", \"message\": \"too big\"}}",
            new AtomicReference<>());

    assertThat(answer.possible()).isFalse();
    assertThat(answer.lines()).first().isEqualTo("problem   too big [insufficient_memory]");
  }

  @Test
  void shouldPassOnTheCodeOfARefusal() {
    CliException e =
        catchThrowableOfType(
            CliException.class,
            () ->
                asking(
                    400,
                    "{\"error\": {\"code\": \"invalid_training_spec\", \"message\": \"bad rank\"}}",
                    new AtomicReference<>()));

    assertThat(e).hasMessageContaining("bad rank");
  }

  @Test
  void shouldSayWhatItWaitsFor() throws Exception {
    ByteArrayOutputStream told = new ByteArrayOutputStream();
    HttpServer server =
        serving(
            exchange -> {
              await().until(() -> told.toString(StandardCharsets.UTF_8).contains("still waiting"));
              answer(exchange, 200, ANSWER);
            });
    try {
      DryRunReport.ask(
          address(server),
          new Stage.Train("hub:owner/name", spec(), "x"),
          "run-1",
          terminal(told),
          Duration.ofMillis(1));
    } finally {
      server.stop(0);
    }

    assertThat(told.toString(StandardCharsets.UTF_8).lines())
        .first()
        .asString()
        .startsWith("preflight the trainer fetches owner/name from its hub");
  }

  private static Terminal terminal(ByteArrayOutputStream err) {
    PrintStream nowhere = new PrintStream(new ByteArrayOutputStream());
    return new Terminal(nowhere, new PrintStream(err, true, StandardCharsets.UTF_8), false, 100);
  }

  private static HttpServer serving(HttpHandler handler) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/v1/fine_tuning/jobs", handler);
    server.start();
    return server;
  }

  private static ServiceAddress address(HttpServer server) {
    return new ServiceAddress(
        URI.create("http://127.0.0.1:" + server.getAddress().getPort()), Optional.empty());
  }

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private static DryRunReport asking(int status, String body, AtomicReference<String> asked)
      throws IOException, InterruptedException {
    HttpServer server =
        serving(
            exchange -> {
              asked.set(
                  new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
              answer(exchange, status, body);
            });
    try {
      return DryRunReport.ask(
          address(server),
          new Stage.Train("hub:owner/name", spec(), "x"),
          "run-1",
          terminal(new ByteArrayOutputStream()));
    } finally {
      server.stop(0);
    }
  }

  private static TrainingSpec spec() {
    return Settings.build(TrainingSpec.class)
        .with("method", "sft")
        .with("adapter", new LoraSpec(8, null, null, null, List.of("q_proj"), null, null))
        .with("maxSteps", 7)
        .record();
  }
}
