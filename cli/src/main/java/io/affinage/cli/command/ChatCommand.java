package io.affinage.cli.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.cli.Affinage;
import io.affinage.cli.CliException;
import io.affinage.cli.ExitCode;
import io.affinage.cli.client.Interest;
import io.affinage.cli.client.ModelSummary;
import io.affinage.cli.client.ServiceAddress;
import io.affinage.cli.run.Session;
import io.affinage.cli.stack.ServiceKind;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code affinage chat}. */
@Command(
    name = "chat",
    description = "Talk to a model; one line is one message, an empty line or Ctrl-D ends.")
public final class ChatCommand implements Callable<Integer> {
  private static final ObjectMapper JSON = new ObjectMapper();

  @ParentCommand private Affinage root;

  @Parameters(paramLabel = "MODEL", description = "A model's id, or a part of it.")
  private String id;

  @Option(
      names = {"-m", "--message"},
      paramLabel = "TEXT",
      description = "Send this one message and end; with --json it may come on standard input.")
  private String message;

  @Option(names = "--system", paramLabel = "TEXT", description = "The system message.")
  private String system;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      defaultValue = "0",
      description = "0 takes the likeliest token (default: ${DEFAULT-VALUE}).")
  private double temperature;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      defaultValue = "256",
      description = "Longest answer (default: ${DEFAULT-VALUE}).")
  private int maxTokens;

  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

  @Override
  public Integer call() throws Exception {
    if (root.terminal().json() && message == null) {
      message = new String(System.in.readAllBytes(), StandardCharsets.UTF_8).strip();
      if (message.isEmpty()) {
        throw new CliException(
            ExitCode.USAGE,
            "usage",
            "--json needs --message TEXT, or the message on standard input.");
      }
    }
    try (Session session = Session.open(root, Set.of(ServiceKind.REWARD, ServiceKind.EVAL))) {
      ModelSummary model = ModelChoice.find(session.view(Interest.MODELS), id);
      String modelId = model.registered().modelId();
      ServiceAddress address = session.service(ServiceKind.EVAL);
      List<Map<String, String>> history = new ArrayList<>();
      if (system != null) {
        history.add(turn("system", system));
      }
      if (message != null) {
        history.add(turn("user", message));
        String answer = answer(address, modelId, history);
        root.terminal().result(Map.of("model", modelId, "answer", answer), List.of());
        return ExitCode.OK.status();
      }
      root.terminal().note("Talking to " + modelId + "; an empty line ends.");
      BufferedReader lines =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      while (true) {
        if (root.terminal().interactive()) {
          root.terminal().stream("> ");
        }
        String line = lines.readLine();
        if (line == null || line.isBlank()) {
          return ExitCode.OK.status();
        }
        history.add(turn("user", line));
        history.add(turn("assistant", answer(address, modelId, history)));
      }
    }
  }

  private static Map<String, String> turn(String role, String content) {
    Map<String, String> turn = new LinkedHashMap<>();
    turn.put("role", role);
    turn.put("content", content);
    return turn;
  }

  /** Streams the answer to the terminal (not with {@code --json}) and gives it whole. */
  private String answer(ServiceAddress address, String model, List<Map<String, String>> history)
      throws IOException, InterruptedException {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("model", model);
    body.put("messages", history);
    body.put("temperature", temperature);
    body.put("max_tokens", maxTokens);
    body.put("stream", true);
    HttpRequest request =
        address
            .request("/v1/chat/completions")
            .header("Content-Type", "application/json")
            .header("Accept", "text/event-stream")
            .POST(HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(body)))
            .build();
    HttpResponse<Stream<String>> response;
    try {
      response = http.send(request, HttpResponse.BodyHandlers.ofLines());
    } catch (IOException e) {
      throw new CliException(
          ExitCode.UNREACHABLE,
          "service_unreachable",
          "The eval-service does not answer at %s: %s.".formatted(address, e),
          e);
    }
    try (Stream<String> lines = response.body()) {
      if (response.statusCode() != 200) {
        throw refused(response.statusCode(), lines.collect(Collectors.joining("\n")));
      }
      StringBuilder answer = new StringBuilder();
      for (String line : (Iterable<String>) lines::iterator) {
        String delta = delta(line);
        answer.append(delta);
        if (!root.terminal().json()) {
          root.terminal().stream(delta);
        }
      }
      if (!root.terminal().json()) {
        root.terminal().stream(System.lineSeparator());
      }
      return answer.toString();
    }
  }

  /** The text that a line of the event stream adds. */
  private static String delta(String line) throws IOException {
    if (!line.startsWith("data:")) {
      return "";
    }
    String data = line.substring("data:".length()).strip();
    if (data.isEmpty() || data.equals("[DONE]")) {
      return "";
    }
    JsonNode chunk = JSON.readTree(data);
    if (chunk.hasNonNull("error")) {
      throw refused(200, data);
    }
    return chunk.path("choices").path(0).path("delta").path("content").asText("");
  }

  private static CliException refused(int status, String body) {
    String text = body;
    String code = "chat_failed";
    try {
      JsonNode error = JSON.readTree(body).path("error");
      text = error.path("message").asText(body);
      code = error.path("code").asText(code);
    } catch (IOException e) {
      // Not JSON: shown as it is.
    }
    return new CliException(
        ExitCode.FAILED, code, "The eval-service refused (%d): %s".formatted(status, text));
  }
}
