package io.affinage.dataset.layout;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.dataset.reading.FaultReason;
import io.affinage.events.DatasetLayout;
import io.affinage.events.NormalRow;

/**
 * Questions without answers: {@code prompt}, text or turns of a chat, or {@code messages} that end
 * with the user's turn. Text beside a {@code system}, {@code history} or {@code tools} becomes a
 * chat.
 */
final class PromptOnlyLayout implements RowLayout {
  private final boolean asChats;

  /**
   * @param asChats as for prompts with completions
   */
  PromptOnlyLayout(boolean asChats) {
    this.asChats = asChats;
  }

  @Override
  public DatasetLayout layout() {
    return DatasetLayout.PROMPT_ONLY;
  }

  @Override
  public String needs() {
    return "prompt, without an answer (optional system, history, tools)";
  }

  @Override
  public boolean matches(ObjectNode fields) {
    return fields.has("prompt");
  }

  @Override
  public NormalRow normalise(LayoutRow row) throws BadRow {
    String column = !row.has("prompt") && row.has("messages") ? "messages" : "prompt";
    JsonNode prompt = row.required(column);
    if (Turns.isList(prompt)) {
      return Chats.question(Chats.withSystem(Turns.read(prompt, column, row), row), column, row);
    }
    String asked = row.requiredText(column, FaultReason.EMPTY_PROMPT);
    return asChats || Chats.needed(row)
        ? Chats.question(Chats.question(asked, row), "the chat", row)
        : new NormalRow(null, null, asked, null, null, null, null);
  }
}
