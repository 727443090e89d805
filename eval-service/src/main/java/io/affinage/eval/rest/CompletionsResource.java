package io.affinage.eval.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.eval.rest.Chunk.Usage;
import io.affinage.eval.serving.Answer;
import io.affinage.eval.serving.ChatSession;
import io.affinage.eval.serving.ChatSessions;
import io.affinage.eval.serving.ServedModels;
import io.affinage.service.http.Roles;
import io.smallrye.common.annotation.Blocking;
import io.vertx.core.http.HttpServerResponse;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Asks a model. */
@Path("/v1")
@Tag(name = "chat")
@Blocking
public class CompletionsResource {
  private final ServedModels models;
  private final ChatSessions sessions;
  private final ObjectMapper json;

  CompletionsResource(ServedModels models, ChatSessions sessions, ObjectMapper json) {
    this.models = models;
    this.sessions = sessions;
    this.json = json;
  }

  @RolesAllowed(Roles.SERVE)
  @POST
  @Path("/chat/completions")
  @Consumes(MediaType.APPLICATION_JSON)
  @Operation(
      summary = "Answer a chat",
      description =
          "OpenAI's chat completions: model, messages (with tool_calls and results of tools),"
              + " temperature, top_p, max_tokens, max_completion_tokens, stop, seed, n (1), stream,"
              + " stream_options, tools and tool_choice (auto, none), reasoning_effort (none). What"
              + " the model's chat template does not show is refused, and so are penalties,"
              + " logit_bias, logprobs and other formats than text (unsupported_parameter), and"
              + " unknown parameters (unknown_parameter).")
  @APIResponse(
      responseCode = "200",
      description = "The answer, or server-sent events that end with [DONE]",
      content = {
        @Content(
            mediaType = MediaType.APPLICATION_JSON,
            schema = @Schema(implementation = Chunk.class)),
        @Content(mediaType = MediaType.SERVER_SENT_EVENTS)
      })
  @APIResponse(responseCode = "404", description = "No such model (model_not_found)")
  @APIResponse(responseCode = "429", description = "Too many wait already (queue_full)")
  public Response chat(JsonNode body, @Context HttpServerResponse connection) {
    return answer(Dialect.CHAT, AskReader.chat(body), connection);
  }

  @RolesAllowed(Roles.SERVE)
  @POST
  @Path("/completions")
  @Consumes(MediaType.APPLICATION_JSON)
  @Operation(
      summary = "Continue a text",
      description = "OpenAI's completions, with the parameters of chat completions and one prompt.")
  @APIResponse(
      responseCode = "200",
      description = "The continuation, or server-sent events that end with [DONE]",
      content = {
        @Content(
            mediaType = MediaType.APPLICATION_JSON,
            schema = @Schema(implementation = Chunk.class)),
        @Content(mediaType = MediaType.SERVER_SENT_EVENTS)
      })
  public Response completion(JsonNode body, @Context HttpServerResponse connection) {
    return answer(Dialect.COMPLETION, AskReader.completion(body), connection);
  }

  private static Chunk.Choice choice(Dialect dialect, Answer answer, Set<String> tools) {
    ToolCallText said = ToolCallText.of(answer.text(), tools);
    return said.calls().isEmpty()
        ? dialect.whole(answer.text(), answer.finishReason())
        : new Chunk.Choice(
            0,
            Chunk.Turn.calling("assistant", said, false),
            null,
            null,
            ToolCallText.finish(answer));
  }

  private Response answer(Dialect dialect, AskReader.Read read, HttpServerResponse connection) {
    ServedModels.Served model =
        models.find(read.model()).orElseThrow(() -> ModelsResource.notFound(read.model()));
    String id = dialect.idPrefix() + UUID.randomUUID().toString().replace("-", "");
    long created = System.currentTimeMillis() / 1000;
    ChatSession session = sessions.open(model, read.ask());
    if (read.stream()) {
      return Response.ok(
              new AnswerStream(
                  session,
                  dialect,
                  id,
                  created,
                  read.model(),
                  read.tools(),
                  read.usage(),
                  json,
                  Listener.of(connection)))
          .type(MediaType.SERVER_SENT_EVENTS_TYPE)
          .header("Cache-Control", "no-cache")
          .build();
    }
    try (session) {
      Answer answer = session.answer(piece -> true);
      return Response.ok(
              new Chunk(
                  id,
                  dialect.wholeObject(),
                  created,
                  read.model(),
                  List.of(choice(dialect, answer, read.tools())),
                  Usage.of(answer)))
          .type(MediaType.APPLICATION_JSON_TYPE)
          .build();
    }
  }
}
