package io.affinage.eval.rest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.eval.serving.Answer;
import io.affinage.eval.serving.ChatSession;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

class AnswerStreamTest {
  private static final List<String> PIECES = List.of("One", " two", " three", " four");

  private final List<String> done = new ArrayList<>();
  private boolean slow;
  private boolean gone;

  @Test
  void shouldSendEachPieceToOneWhoReads() throws IOException {
    String events = write();

    assertThat(events.split("data: ")).hasSize(1 + 1 + PIECES.size() + 2);
    assertThat(events).endsWith("data: [DONE]\n\n");
    assertThat(done).containsSubsequence("write", "piece One", "write", "piece  two", "write");
  }

  @Test
  void shouldNotKeepTheModelWaitingForOneWhoDoesNotRead() throws IOException {
    slow = true;

    String events = write();

    assertThat(done)
        .containsExactly(
            "write", "piece One", "piece  two", "piece  three", "piece  four", "closed", "write");
    assertThat(events).contains("One", " two", " three", " four").endsWith("data: [DONE]\n\n");
  }

  @Test
  void shouldEndTheAnswerWhenNobodyIsThereAnyMore() throws IOException {
    gone = true;

    write();

    assertThat(done).contains("piece One").doesNotContain("piece  two");
  }

  private String write() throws IOException {
    ByteArrayOutputStream out =
        new ByteArrayOutputStream() {
          @Override
          public void write(byte[] bytes) {
            done.add("write");
            write(bytes, 0, bytes.length);
          }
        };
    Listener listener =
        new Listener() {
          @Override
          public boolean isSlow() {
            return slow;
          }

          @Override
          public boolean isGone() {
            return gone;
          }
        };
    new AnswerStream(
            new Talker(),
            Dialect.CHAT,
            "id",
            1,
            "model",
            java.util.Set.of(),
            false,
            new ObjectMapper(),
            listener)
        .write(out);
    return out.toString(StandardCharsets.UTF_8);
  }

  /** Hands out its pieces, until it is told to stop. */
  private final class Talker implements ChatSession {
    @Override
    public Answer answer(Predicate<String> pieces) {
      for (String piece : PIECES) {
        done.add("piece " + piece);
        if (!pieces.test(piece)) {
          break;
        }
      }
      return new Answer(String.join("", PIECES), "stop", 3, PIECES.size());
    }

    @Override
    public void close() {
      done.add("closed");
    }
  }
}
