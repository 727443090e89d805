package io.affinage.dataset.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.events.NormalRow;
import io.affinage.events.NormalRow.ChatMessage;
import io.affinage.events.NormalRow.ToolCall;
import java.util.List;
import org.junit.jupiter.api.Test;

class RowTextTest {
  private static final String HARD = "\"\\/\b\f\n\r\t\0\u001F\u007F\u0080\u2028 é € 😀 </script>";
  private static final ObjectNode ARGUMENTS =
      JsonNodeFactory.instance.objectNode().put(HARD, 1.5).put("x", HARD).putNull("y");
  private static final JsonNode TOOL =
      JsonNodeFactory.instance.objectNode().set("function", ARGUMENTS);
  private static final List<ChatMessage> TURNS =
      List.of(
          new ChatMessage("user", HARD, null, null, null, HARD, null),
          new ChatMessage(
              "assistant",
              null,
              HARD,
              List.of(
                  new ToolCall(HARD, "function", new ToolCall.Function(HARD, ARGUMENTS)),
                  new ToolCall(null, "function", new ToolCall.Function("f", ARGUMENTS))),
              null,
              null,
              0),
          new ChatMessage("tool", "", null, null, HARD, HARD, null),
          new ChatMessage("assistant", ""));

  @Test
  void shouldWriteWhatDatabindWritesForEveryShape() throws Exception {
    RowText text = new RowText();
    JsonMapper databind = new JsonMapper();
    for (NormalRow row :
        List.of(
            new NormalRow(null, HARD, null, null, null, null, null),
            new NormalRow(null, null, HARD, "c", null, null, null),
            new NormalRow(null, null, null, null, TURNS, null, null),
            new NormalRow(null, null, null, null, TURNS, TURNS, List.of()),
            new NormalRow(
                null, null, null, null, TURNS, TURNS, TURNS, null, null, null, List.of(TOOL), null),
            new NormalRow(null, null, HARD, null, null, null, null, HARD, "r", null, null, null),
            new NormalRow(null, null, HARD, "c", null, null, null, null, null, false, null, null),
            new NormalRow(null, "x".repeat(100_000), null, null, null, null, null))) {
      byte[] written = text.of(row);
      assertThat(written).isEqualTo(databind.writeValueAsBytes(row));
      assertThat(databind.readValue(written, NormalRow.class)).isEqualTo(row);
    }
  }
}
