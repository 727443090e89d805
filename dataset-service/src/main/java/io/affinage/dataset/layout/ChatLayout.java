package io.affinage.dataset.layout;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.dataset.reading.FaultReason;
import io.affinage.events.DatasetLayout;
import io.affinage.events.NormalRow;
import io.affinage.events.NormalRow.ChatMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A list of turns: {@code messages} as OpenAI and ChatML write it, or {@code conversations} as
 * ShareGPT does. A {@code system} column goes before a chat that has no system turn.
 */
final class ChatLayout implements RowLayout {
  private final DatasetLayout layout;
  private final String column;

  private ChatLayout(DatasetLayout layout, String column) {
    this.layout = layout;
    this.column = column;
  }

  static ChatLayout messages() {
    return new ChatLayout(DatasetLayout.MESSAGES, "messages");
  }

  static ChatLayout shareGpt() {
    return new ChatLayout(DatasetLayout.SHAREGPT, "conversations");
  }

  @Override
  public DatasetLayout layout() {
    return layout;
  }

  @Override
  public Set<String> columns() {
    return Set.of(column, "system", "tools", "functions");
  }

  @Override
  public String needs() {
    return column;
  }

  @Override
  public boolean matches(ObjectNode fields) {
    return fields.has(column);
  }

  @Override
  public NormalRow normalise(ObjectNode fields) throws BadRow {
    requireNoTools(fields);
    List<ChatMessage> turns = Turns.read(Columns.required(fields, column), column);
    String system = Columns.optionalText(fields, "system");
    if (system != null && !turns.get(0).role().equals(Turns.SYSTEM)) {
      turns = new ArrayList<>(turns);
      turns.add(0, Turns.system(system));
    }
    Turns.requireChat(turns, column);
    return new NormalRow(null, null, null, null, turns, null, null);
  }

  private static void requireNoTools(ObjectNode fields) throws BadRow {
    for (String key : List.of("tools", "functions")) {
      JsonNode value = fields.get(key);
      if (value != null && value.isArray() && !value.isEmpty()) {
        throw new BadRow(
            FaultReason.UNSUPPORTED_TOOLS, "the row has " + key + "; tool calls cannot be trained");
      }
    }
  }
}
