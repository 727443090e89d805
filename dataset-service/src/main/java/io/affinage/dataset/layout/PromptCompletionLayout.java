package io.affinage.dataset.layout;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.dataset.reading.FaultReason;
import io.affinage.events.DatasetLayout;
import io.affinage.events.NormalRow;
import io.affinage.events.NormalRow.ChatMessage;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code prompt} and {@code completion}: both plain text, or both turns of a chat. Text beside a
 * {@code system}, {@code history} or {@code tools} becomes a chat.
 */
final class PromptCompletionLayout implements RowLayout {
  private final boolean asChats;

  /**
   * @param asChats whether text becomes a chat in every row, because some rows have columns that
   *     only a chat can carry: one dataset is written in one way
   */
  PromptCompletionLayout(boolean asChats) {
    this.asChats = asChats;
  }

  @Override
  public DatasetLayout layout() {
    return DatasetLayout.PROMPT_COMPLETION;
  }

  @Override
  public String needs() {
    return "prompt, completion (optional system, history, tools)";
  }

  @Override
  public boolean matches(ObjectNode fields) {
    return fields.has("prompt") && fields.has("completion");
  }

  @Override
  public NormalRow normalise(LayoutRow row) throws BadRow {
    JsonNode prompt = row.required("prompt");
    JsonNode completion = row.required("completion");
    if (!Turns.isList(prompt) && !Turns.isList(completion)) {
      String asked = row.requiredText("prompt", FaultReason.EMPTY_PROMPT);
      String answer = row.requiredText("completion", FaultReason.EMPTY_COMPLETION);
      if (!asChats && !Chats.needed(row)) {
        return new NormalRow(null, null, asked, answer, null, null, null);
      }
      List<ChatMessage> chat = Chats.question(asked, row);
      chat.add(Turns.assistant(answer));
      return Chats.row(chat, "the chat", row);
    }
    if (!Turns.isList(prompt) || !Turns.isList(completion)) {
      throw new BadRow(
          FaultReason.NOT_TEXT, "prompt and completion must both be text or both be turns");
    }
    List<ChatMessage> turns = new ArrayList<>(Turns.read(prompt, "prompt", row));
    turns.addAll(Turns.read(completion, "completion", row));
    return Chats.row(Chats.withSystem(turns, row), "prompt and completion", row);
  }
}
