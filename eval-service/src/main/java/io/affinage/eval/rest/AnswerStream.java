package io.affinage.eval.rest;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.eval.rest.Chunk.Choice;
import io.affinage.eval.rest.Chunk.Usage;
import io.affinage.eval.serving.Answer;
import io.affinage.eval.serving.ServingException;
import io.affinage.eval.serving.Talk;
import io.affinage.service.rest.ErrorBody;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * An answer as server-sent events, piece by piece, ended by {@code [DONE]}. A client that goes away
 * ends the generation.
 *
 * @param talk closed at the end
 */
record AnswerStream(
    Talk talk,
    Dialect dialect,
    String id,
    long created,
    String model,
    boolean usage,
    ObjectMapper json)
    implements StreamingOutput {
  private static final Logger LOG = Logger.getLogger(AnswerStream.class);

  @Override
  public void write(OutputStream out) throws IOException {
    try (talk) {
      send(out, chunk(dialect.begin()));
      Answer answer =
          talk.answer(
              piece -> {
                try {
                  send(out, chunk(dialect.piece(piece)));
                  return true;
                } catch (IOException gone) {
                  return false;
                }
              });
      send(out, chunk(dialect.end(answer.finishReason())));
      if (usage) {
        send(
            out, new Chunk(id, dialect.pieceObject(), created, model, List.of(), Usage.of(answer)));
      }
      out.write("data: [DONE]\n\n".getBytes(StandardCharsets.UTF_8));
      out.flush();
    } catch (ServingException e) {
      // The status is out already; OpenAI too sends the error as an event then.
      send(
          out,
          new ErrorBody(new ErrorBody.Detail(e.getMessage(), "server_error", e.param(), e.code())));
    } catch (UncheckedIOException e) {
      LOG.debugf("The client went away: %s", e.getMessage());
    }
  }

  private Chunk chunk(Choice choice) {
    return new Chunk(id, dialect.pieceObject(), created, model, List.of(choice), null);
  }

  private void send(OutputStream out, Object event) throws IOException {
    out.write(
        ("data: " + json.writeValueAsString(event) + "\n\n").getBytes(StandardCharsets.UTF_8));
    out.flush();
  }
}
