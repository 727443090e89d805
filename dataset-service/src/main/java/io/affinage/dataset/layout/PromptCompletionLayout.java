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

/** {@code prompt} and {@code completion}: both plain text, or both turns of a chat. */
final class PromptCompletionLayout implements RowLayout {
  @Override
  public DatasetLayout layout() {
    return DatasetLayout.PROMPT_COMPLETION;
  }

  @Override
  public Set<String> columns() {
    return Set.of("prompt", "completion");
  }

  @Override
  public String needs() {
    return "prompt, completion";
  }

  @Override
  public boolean matches(ObjectNode fields) {
    return fields.has("prompt") && fields.has("completion");
  }

  @Override
  public NormalRow normalise(ObjectNode fields) throws BadRow {
    JsonNode prompt = Columns.required(fields, "prompt");
    JsonNode completion = Columns.required(fields, "completion");
    if (!Turns.isList(prompt) && !Turns.isList(completion)) {
      return new NormalRow(
          null,
          null,
          Columns.requiredText(fields, "prompt", FaultReason.EMPTY_PROMPT),
          Columns.requiredText(fields, "completion", FaultReason.EMPTY_COMPLETION),
          null,
          null,
          null);
    }
    if (!Turns.isList(prompt) || !Turns.isList(completion)) {
      throw new BadRow(
          FaultReason.NOT_TEXT, "prompt and completion must both be text or both be turns");
    }
    List<ChatMessage> turns = new ArrayList<>(Turns.read(prompt, "prompt"));
    turns.addAll(Turns.read(completion, "completion"));
    Turns.requireChat(turns, "prompt and completion");
    return new NormalRow(null, null, null, null, turns, null, null);
  }
}
