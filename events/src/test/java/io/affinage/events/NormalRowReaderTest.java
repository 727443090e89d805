package io.affinage.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.events.NormalRow.ChatMessage;
import io.affinage.events.NormalRow.ToolCall;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class NormalRowReaderTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void shouldReadRowsThatWereStoredBeforeAFieldExisted() throws IOException {
    assertThat(
            read(
                """
                {"id":"01","messages":[{"role":"user","content":"Hi"}],"later":{"x":1}}

                {"id":"02","text":"a document"}
                """))
        .containsExactly(
            new NormalRow(
                "01", null, null, null, List.of(new ChatMessage("user", "Hi")), null, null),
            new NormalRow("02", "a document", null, null, null, null, null));
  }

  @Test
  void shouldReadEveryFieldAsItIsWritten() throws IOException {
    JsonNode tool = JSON.readTree("{\"type\":\"function\",\"function\":{\"name\":\"stock\"}}");
    ChatMessage call =
        new ChatMessage(
            "assistant",
            null,
            "I must look.",
            List.of(
                new ToolCall(
                    "c1",
                    "function",
                    new ToolCall.Function("stock", JSON.readTree("{\"item\":\"lamp\"}")))),
            null,
            null,
            0);
    ChatMessage result = new ChatMessage("tool", "2", null, null, "c1", "stock", null);
    NormalRow row =
        new NormalRow(
            "0a",
            null,
            null,
            null,
            List.of(new ChatMessage("user", "Any lamps?"), call, result),
            List.of(new ChatMessage("assistant", "Two.")),
            List.of(new ChatMessage("assistant", "None.")),
            null,
            null,
            null,
            List.of(tool),
            null);
    NormalRow plain =
        new NormalRow("0b", null, "p", null, null, null, null, "good", "bad", null, null, null);
    NormalRow judged =
        new NormalRow("0c", null, "p", "c", null, null, null, null, null, false, null, null);

    String lines = "";
    for (NormalRow each : List.of(row, plain, judged)) {
      lines += JSON.writeValueAsString(each) + "\n";
    }

    assertThat(lines)
        .contains("\"tool_calls\":[{\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\"")
        .contains("\"reasoning_content\":", "\"tool_call_id\":\"c1\"", "\"chosen_text\":\"good\"")
        .doesNotContain("preference", "null");
    assertThat(read(lines)).containsExactly(row, plain, judged);
    assertThat(row.isPreference() && plain.isPreference() && judged.isPreference()).isTrue();
  }

  @Test
  void shouldNameTheLineThatIsNoRow() throws IOException {
    try (NormalRowReader rows = reader("{\"id\":\"01\",\"text\":\"a\"}\n\n{\"id\"\n")) {
      rows.next();
      assertThatThrownBy(rows::next).isInstanceOf(JsonProcessingException.class);
      assertThat(rows.line()).isEqualTo(3);
    }
  }

  private static NormalRowReader reader(String text) {
    return new NormalRowReader(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static List<NormalRow> read(String text) throws IOException {
    List<NormalRow> found = new ArrayList<>();
    try (NormalRowReader rows = reader(text)) {
      for (NormalRow row = rows.next(); row != null; row = rows.next()) {
        found.add(row);
      }
    }
    return found;
  }
}
