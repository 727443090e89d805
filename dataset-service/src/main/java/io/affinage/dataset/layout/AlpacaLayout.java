package io.affinage.dataset.layout;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.dataset.reading.FaultReason;
import io.affinage.events.DatasetLayout;
import io.affinage.events.NormalRow;
import io.affinage.events.NormalRow.ChatMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** {@code instruction}, optional {@code input} and {@code system}, {@code output}. */
final class AlpacaLayout implements RowLayout {
  @Override
  public DatasetLayout layout() {
    return DatasetLayout.ALPACA;
  }

  @Override
  public Set<String> columns() {
    return Set.of("instruction", "input", "output", "system");
  }

  @Override
  public String needs() {
    return "instruction, output (optional input, system)";
  }

  @Override
  public boolean matches(ObjectNode fields) {
    return fields.has("instruction") && fields.has("output");
  }

  @Override
  public NormalRow normalise(ObjectNode fields) throws BadRow {
    List<ChatMessage> messages = new ArrayList<>(prompt(fields));
    messages.add(
        Turns.assistant(Columns.requiredText(fields, "output", FaultReason.EMPTY_COMPLETION)));
    return new NormalRow(null, null, null, null, messages, null, null);
  }

  /** The optional system turn and the user's turn. */
  static List<ChatMessage> prompt(ObjectNode fields) throws BadRow {
    String instruction = Columns.requiredText(fields, "instruction", FaultReason.EMPTY_PROMPT);
    String input = Columns.optionalText(fields, "input");
    String system = Columns.optionalText(fields, "system");
    ChatMessage user = Turns.user(input == null ? instruction : instruction + "\n" + input);
    return system == null ? List.of(user) : List.of(Turns.system(system), user);
  }
}
