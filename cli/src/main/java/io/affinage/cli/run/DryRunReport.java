package io.affinage.cli.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.cli.CliException;
import io.affinage.cli.ExitCode;
import io.affinage.cli.client.ServiceAddress;
import io.affinage.cli.terminal.Bar;
import io.affinage.cli.terminal.ByteSize;
import io.affinage.cli.terminal.Terminal;
import io.affinage.events.ErrorDetail;
import io.affinage.events.Stage;
import io.affinage.events.spec.SettingNames;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Asks a trainer what a training would take, and shows the answer. */
public final class DryRunReport {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What an estimate of time is of. */
  private static final Map<String, String> TIMED =
      Map.of(
          "training", "all steps; loading, checkpoints and export come on top",
          "evaluation", "held-out losses between steps; those before and after come on top",
          "reference", "log-probabilities of the starting model, before the first step");

  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration REMINDER = Duration.ofSeconds(5);

  private final JsonNode answer;

  /**
   * @param answer of {@code POST /v1/fine_tuning/jobs?dry_run=true}
   */
  DryRunReport(JsonNode answer) {
    this.answer = answer;
  }

  /**
   * Asks, saying what is waited for: a model is loaded first, and downloaded if it is a hub's. The
   * trainer bounds the wait for a hub that does not answer.
   *
   * @param submission of a dataset that is ready
   */
  public static DryRunReport ask(
      ServiceAddress trainer, Stage.Train stage, String submission, Terminal terminal)
      throws IOException, InterruptedException {
    return ask(trainer, stage, submission, terminal, REMINDER);
  }

  static DryRunReport ask(
      ServiceAddress trainer,
      Stage.Train stage,
      String submission,
      Terminal terminal,
      Duration reminder)
      throws IOException, InterruptedException {
    ObjectNode body = JSON.createObjectNode();
    body.put("model", stage.baseModel());
    body.put("training_file", submission);
    body.set("affinage", JSON.valueToTree(stage.spec()));
    HttpRequest request =
        trainer
            .request("/v1/fine_tuning/jobs?dry_run=true")
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(body)))
            .build();
    HttpResponse<String> response;
    try {
      terminal.note("preflight " + waitedFor(stage));
      response =
          awaited(
              HttpClient.newBuilder()
                  .connectTimeout(CONNECT)
                  .build()
                  .sendAsync(request, HttpResponse.BodyHandlers.ofString()),
              terminal,
              reminder);
    } catch (IOException e) {
      throw new CliException(
          ExitCode.UNREACHABLE,
          "service_unreachable",
          "The trainer-service does not answer at %s: %s.".formatted(trainer, e),
          e);
    }
    JsonNode read = JSON.readTree(response.body());
    if (response.statusCode() != 200) {
      JsonNode error = read.path("error");
      throw new CliException(
          ExitCode.FAILED,
          error.path("code").asText("dry_run_failed"),
          error.path("message").asText(response.body()));
    }
    return new DryRunReport(read);
  }

  private static String waitedFor(Stage.Train stage) {
    String hub = "hub:";
    return stage.baseModel().startsWith(hub)
        ? "the trainer fetches %s from its hub, unless it has it, then tries a few steps"
            .formatted(stage.baseModel().substring(hub.length()))
        : "the trainer loads the model and tries a few steps";
  }

  private static <T> T awaited(CompletableFuture<T> answer, Terminal terminal, Duration reminder)
      throws IOException, InterruptedException {
    long start = System.nanoTime();
    while (true) {
      try {
        return answer.get(reminder.toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        terminal.note(
            "preflight still waiting, %s"
                .formatted(Bar.duration((System.nanoTime() - start) / 1e9)));
      } catch (ExecutionException e) {
        throw e.getCause() instanceof IOException known ? known : new IOException(e.getCause());
      }
    }
  }

  /** The answer as it came. */
  public JsonNode json() {
    return answer;
  }

  /** Whether the job could run, as far as can be known. */
  public boolean possible() {
    return !answer.hasNonNull("problem");
  }

  /** Why it could not. */
  Optional<ErrorDetail> problem() {
    JsonNode problem = answer.path("problem");
    return possible()
        ? Optional.empty()
        : Optional.of(
            new ErrorDetail(problem.path("code").asText(), problem.path("message").asText(), null));
  }

  /** For people: counts, memory, time, notes, then every setting as a recipe writes it. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    JsonNode preflight = answer.path("preflight");
    if (!possible()) {
      lines.add(
          "problem   %s [%s]"
              .formatted(
                  answer.path("problem").path("message").asText(),
                  answer.path("problem").path("code").asText()));
    }
    fit(answer.path("fit"), lines);
    if (preflight.isObject()) {
      preflight
          .path("counts")
          .properties()
          .forEach(
              count ->
                  lines.add(
                      count.getKey().endsWith("_share")
                          ? String.format(
                              Locale.ROOT,
                              "%-28s %.1f%%",
                              count.getKey(),
                              100 * count.getValue().doubleValue())
                          : "%-28s %,d".formatted(count.getKey(), count.getValue().longValue())));
      preflight
          .path("memory")
          .properties()
          .forEach(
              part -> {
                boolean bytes = !part.getKey().startsWith("trained");
                if (!part.getValue().isNull()) {
                  lines.add(
                      bytes
                          ? "memory %-21s %,d MiB"
                              .formatted(
                                  snakeCase(part.getKey()), part.getValue().longValue() >> 20)
                          : "%-28s %,d"
                              .formatted(snakeCase(part.getKey()), part.getValue().longValue()));
                }
              });
      preflight
          .path("seconds")
          .properties()
          .forEach(
              part -> {
                if (!part.getValue().isNull()) {
                  lines.add(
                      "seconds %-20s %,.1f (%s)"
                          .formatted(
                              part.getKey(),
                              part.getValue().doubleValue(),
                              TIMED.get(part.getKey())));
                }
              });
      lines.add("computes in " + preflight.path("dtype").asText());
      preflight.path("notes").forEach(note -> lines.add("note      " + note.asText()));
      preflight
          .path("warnings")
          .forEach(
              warning ->
                  lines.add(
                      "warning   %s [%s]"
                          .formatted(
                              warning.path("message").asText(), warning.path("code").asText())));
    }
    lines.add("settings:");
    settings("", answer.path("spec"), lines);
    return lines;
  }

  /** The regime that the job asks for first, then the others: what each is estimated to need. */
  private static void fit(JsonNode fit, List<String> lines) {
    if (!fit.isObject()) {
      return;
    }
    String asked = fit.path("regime").asText();
    lines.add(
        "fit       %s %s this machine (%s)"
            .formatted(
                asked,
                fit.path("fits").booleanValue() ? "fits" : "does not fit",
                new ByteSize(Math.max(1, fit.path("machine").longValue()))));
    for (JsonNode regime : fit.path("regimes")) {
      lines.add(
          "fit       %-16s %s, %s%s"
              .formatted(
                  regime.path("name").asText(),
                  new ByteSize(Math.max(1, regime.path("peakBytes").longValue())),
                  regime.path("fits").booleanValue() ? "fits" : "does not fit",
                  regime.path("name").asText().equals(asked) ? "  <- this recipe" : ""));
    }
  }

  /** Every setting that has a value, as a recipe writes it. */
  static void settings(String path, JsonNode node, List<String> lines) {
    node.properties()
        .forEach(
            field -> {
              if (field.getValue().isObject()) {
                settings(path + field.getKey() + ".", field.getValue(), lines);
              } else if (!field.getValue().isNull()) {
                lines.add(
                    "  %-34s %s"
                        .formatted(
                            SettingNames.inRecipe(path + field.getKey()), text(field.getValue())));
              }
            });
  }

  private static String snakeCase(String name) {
    return name.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
  }

  private static String text(JsonNode value) {
    return value.isTextual() ? value.asText() : value.toString();
  }
}
