package io.affinage.cli.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.cli.Affinage;
import io.affinage.cli.CliException;
import io.affinage.cli.ExitCode;
import io.affinage.cli.client.ServiceAddress;
import io.affinage.cli.run.Session;
import io.affinage.cli.stack.ServiceKind;
import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code affinage replay}. */
@Command(
    name = "replay",
    description =
        "Make the updates of a finished job again from its recorded rollouts and scores, and compare the model with the registered one, bit for bit.")
public final class ReplayCommand implements Callable<Integer> {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration CONNECT = Duration.ofSeconds(5);

  @ParentCommand private Affinage root;

  @Parameters(paramLabel = "JOB", description = "A job's id, as `affinage jobs` lists it.")
  private String job;

  @Override
  public Integer call() throws Exception {
    try (Session session = Session.open(root, Set.of(ServiceKind.TRAINER))) {
      ServiceAddress trainer = session.service(ServiceKind.TRAINER);
      root.terminal()
          .note("replay    the trainer makes the updates again; this takes as long as they took");
      JsonNode answer = ask(trainer);
      boolean same = answer.path("same").asBoolean();
      List<String> lines = new ArrayList<>();
      lines.add("job        " + answer.path("job").asText());
      lines.add("model      " + answer.path("model").asText());
      lines.add("iterations " + answer.path("iterations").asInt());
      lines.add("registered " + answer.path("registered_digest").asText());
      lines.add("replayed   " + answer.path("replayed_digest").asText("-"));
      lines.add(
          same ? "the same, bit for bit" : "different: " + answer.path("difference").asText());
      root.terminal().result(answer, lines);
      return (same ? ExitCode.OK : ExitCode.FAILED).status();
    }
  }

  private JsonNode ask(ServiceAddress trainer) throws IOException, InterruptedException {
    HttpRequest request =
        trainer
            .request(
                "/v1/fine_tuning/jobs/"
                    + URLEncoder.encode(job, StandardCharsets.UTF_8)
                    + "/replay")
            .POST(HttpRequest.BodyPublishers.noBody())
            .build();
    HttpResponse<String> response;
    try {
      response =
          HttpClient.newBuilder()
              .connectTimeout(CONNECT)
              .build()
              .send(request, HttpResponse.BodyHandlers.ofString());
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
          error.path("code").asText("replay_failed"),
          error.path("message").asText(response.body()));
    }
    return read;
  }
}
