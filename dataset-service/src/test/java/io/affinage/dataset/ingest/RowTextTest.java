package io.affinage.dataset.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.affinage.events.NormalRow;
import io.affinage.events.NormalRow.ChatMessage;
import java.util.List;
import org.junit.jupiter.api.Test;

class RowTextTest {
  private static final String HARD = "\"\\/\b\f\n\r\t\0\u001F\u007F\u0080\u2028 é € 😀 </script>";
  private static final List<ChatMessage> TURNS =
      List.of(new ChatMessage("user", HARD), new ChatMessage("assistant", ""));

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
            new NormalRow(null, "x".repeat(100_000), null, null, null, null, null))) {
      byte[] written = text.of(row);
      assertThat(written).isEqualTo(databind.writeValueAsBytes(row));
      assertThat(databind.readValue(written, NormalRow.class)).isEqualTo(row);
    }
  }
}
