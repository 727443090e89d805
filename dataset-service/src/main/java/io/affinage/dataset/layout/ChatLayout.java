package io.affinage.dataset.layout;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.events.DatasetLayout;
import io.affinage.events.NormalRow;
import io.affinage.events.NormalRow.ChatMessage;
import java.util.List;

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
  public String needs() {
    return column + " (optional system, tools)";
  }

  @Override
  public boolean matches(ObjectNode fields) {
    return fields.has(column);
  }

  @Override
  public NormalRow normalise(LayoutRow row) throws BadRow {
    List<ChatMessage> turns = Turns.read(row.required(column), column, row);
    return Chats.row(Chats.withSystem(turns, row), column, row);
  }
}
