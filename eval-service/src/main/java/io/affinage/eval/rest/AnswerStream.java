package io.affinage.eval.rest;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.eval.rest.Chunk.Choice;
import io.affinage.eval.rest.Chunk.Usage;
import io.affinage.eval.serving.Answer;
import io.affinage.eval.serving.ChatSession;
import io.affinage.eval.serving.ServingException;
import io.affinage.service.rest.ErrorBody;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.jboss.logging.Logger;

/**
 * An answer as server-sent events, piece by piece, ended by {@code [DONE]}. A client that goes away
 * ends the generation; one that reads slowly gets more at once later, so that the model, which
 * answers one at a time, does not wait for it.
 *
 * @param talk closed as soon as the answer is known
 * @param tools names of functions that the answer may call
 */
record AnswerStream(
    ChatSession session,
    Dialect dialect,
    String id,
    long created,
    String model,
    Set<String> tools,
    boolean usage,
    ObjectMapper json,
    Listener listener)
    implements StreamingOutput {
  private static final Logger LOG = Logger.getLogger(AnswerStream.class);

  @Override
  public void write(OutputStream out) throws IOException {
    StringBuilder waiting = new StringBuilder();
    try {
      Answer answer;
      try (session) {
        send(out, event(chunk(dialect.begin())));
        answer = session.answer(piece -> take(out, waiting, piece));
      }
      String finish = tools.isEmpty() ? answer.finishReason() : withCalls(waiting, answer);
      waiting.append(event(chunk(dialect.end(finish))));
      if (usage) {
        waiting.append(
            event(
                new Chunk(id, dialect.pieceObject(), created, model, List.of(), Usage.of(answer))));
      }
      send(out, waiting.append("data: [DONE]\n\n").toString());
    } catch (ServingException e) {
      // The status is out already; OpenAI too sends the error as an event then.
      send(
          out,
          waiting
              + event(
                  new ErrorBody(
                      new ErrorBody.Detail(e.getMessage(), "server_error", e.param(), e.code()))));
    } catch (UncheckedIOException e) {
      LOG.debugf("The client went away: %s", e.getMessage());
    }
  }

  /** False when nobody is there any more. */
  private boolean take(OutputStream out, StringBuilder waiting, String piece) {
    try {
      // What may be a call is sent when it is whole.
      if (tools.isEmpty()) {
        waiting.append(event(chunk(dialect.piece(piece))));
      }
      if (listener.isGone()) {
        return false;
      }
      if (!waiting.isEmpty() && !listener.isSlow()) {
        send(out, waiting.toString());
        waiting.setLength(0);
      }
      return true;
    } catch (IOException gone) {
      return false;
    }
  }

  /**
   * Writes what was held back of an answer that may have calls.
   *
   * @return what ended the answer
   */
  private String withCalls(StringBuilder waiting, Answer answer) throws IOException {
    ToolCallText said = ToolCallText.of(answer.text(), tools);
    if (!said.content().isEmpty()) {
      waiting.append(event(chunk(dialect.piece(said.content()))));
    }
    if (said.calls().isEmpty()) {
      return answer.finishReason();
    }
    Chunk.Turn calls = Chunk.Turn.calling(null, new ToolCallText("", said.calls()), true);
    waiting.append(event(chunk(new Choice(0, null, calls, null, null))));
    return ToolCallText.finish(answer);
  }

  private Chunk chunk(Choice choice) {
    return new Chunk(id, dialect.pieceObject(), created, model, List.of(choice), null);
  }

  private String event(Object data) throws IOException {
    return "data: " + json.writeValueAsString(data) + "\n\n";
  }

  private static void send(OutputStream out, String events) throws IOException {
    out.write(events.getBytes(StandardCharsets.UTF_8));
    out.flush();
  }
}
