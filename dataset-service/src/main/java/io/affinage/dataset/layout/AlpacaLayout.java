package io.affinage.dataset.layout;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.dataset.reading.FaultReason;
import io.affinage.events.DatasetLayout;
import io.affinage.events.NormalRow;
import io.affinage.events.NormalRow.ChatMessage;
import java.util.List;

/**
 * {@code instruction}, optional {@code input}, {@code system}, {@code history} and {@code tools},
 * {@code output}.
 */
final class AlpacaLayout implements RowLayout {
  @Override
  public DatasetLayout layout() {
    return DatasetLayout.ALPACA;
  }

  @Override
  public String needs() {
    return "instruction, output (optional input, system, history, tools)";
  }

  @Override
  public boolean matches(ObjectNode fields) {
    return fields.has("instruction") && fields.has("output");
  }

  @Override
  public NormalRow normalise(LayoutRow row) throws BadRow {
    List<ChatMessage> messages = prompt(row);
    messages.add(Turns.assistant(row.requiredText("output", FaultReason.EMPTY_COMPLETION)));
    return Chats.row(messages, "the chat", row);
  }

  /** The turns up to the user's question. */
  static List<ChatMessage> prompt(LayoutRow row) throws BadRow {
    String instruction = row.requiredText("instruction", FaultReason.EMPTY_PROMPT);
    String input = row.optionalText("input");
    return Chats.question(input == null ? instruction : instruction + "\n" + input, row);
  }
}
