package io.affinage.dataset.layout;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.dataset.reading.FaultReason;
import io.affinage.events.DatasetLayout;
import io.affinage.events.NormalRow;
import io.affinage.events.NormalRow.ChatMessage;
import java.util.List;
import java.util.Set;

/**
 * {@code chosen} and {@code rejected} answers, each text or turns. The prompt is {@code prompt}, or
 * Alpaca's {@code instruction} and {@code input}, or the turns that both answers start with.
 */
final class PreferenceLayout implements RowLayout {
  @Override
  public DatasetLayout layout() {
    return DatasetLayout.PREFERENCE;
  }

  @Override
  public Set<String> columns() {
    return Set.of("prompt", "instruction", "input", "system", "chosen", "rejected");
  }

  @Override
  public String needs() {
    return "chosen, rejected (optional prompt, or instruction and input)";
  }

  @Override
  public boolean matches(ObjectNode fields) {
    return fields.has("chosen") && fields.has("rejected");
  }

  @Override
  public NormalRow normalise(ObjectNode fields) throws BadRow {
    List<ChatMessage> chosen = answer(fields, "chosen");
    List<ChatMessage> rejected = answer(fields, "rejected");
    if (chosen.equals(rejected)) {
      throw new BadRow(FaultReason.IDENTICAL_ANSWERS, "chosen and rejected are the same");
    }
    List<ChatMessage> prompt = prompt(fields);
    if (prompt == null) {
      int common = commonStart(chosen, rejected);
      if (common == 0) {
        throw new BadRow(
            FaultReason.NO_COMMON_PROMPT,
            "there is no prompt, and chosen and rejected start differently");
      }
      prompt = chosen.subList(0, common);
      chosen = chosen.subList(common, chosen.size());
      rejected = rejected.subList(common, rejected.size());
    }
    Turns.requirePrompt(prompt, "prompt");
    requireAnswer(chosen, "chosen");
    requireAnswer(rejected, "rejected");
    return new NormalRow(
        null, null, null, null, List.copyOf(prompt), List.copyOf(chosen), List.copyOf(rejected));
  }

  private static List<ChatMessage> prompt(ObjectNode fields) throws BadRow {
    if (Columns.present(fields, "prompt")) {
      JsonNode prompt = fields.get("prompt");
      if (Turns.isList(prompt)) {
        return Turns.read(prompt, "prompt");
      }
      ChatMessage user =
          Turns.user(Columns.requiredText(fields, "prompt", FaultReason.EMPTY_PROMPT));
      String system = Columns.optionalText(fields, "system");
      return system == null ? List.of(user) : List.of(Turns.system(system), user);
    }
    return Columns.present(fields, "instruction") ? AlpacaLayout.prompt(fields) : null;
  }

  private static List<ChatMessage> answer(ObjectNode fields, String column) throws BadRow {
    JsonNode value = Columns.required(fields, column);
    return Turns.isList(value)
        ? Turns.read(value, column)
        : List.of(
            Turns.assistant(Columns.requiredText(fields, column, FaultReason.EMPTY_COMPLETION)));
  }

  private static int commonStart(List<ChatMessage> a, List<ChatMessage> b) {
    // An answer keeps at least its last turn.
    int most = Math.min(a.size(), b.size()) - 1;
    int common = 0;
    while (common < most && a.get(common).equals(b.get(common))) {
      common++;
    }
    return common;
  }

  private static void requireAnswer(List<ChatMessage> turns, String where) throws BadRow {
    for (int i = 0; i < turns.size(); i++) {
      String expected = i % 2 == 0 ? Turns.ASSISTANT : Turns.USER;
      if (!turns.get(i).role().equals(expected)) {
        throw new BadRow(
            FaultReason.ROLES_OUT_OF_ORDER,
            where + "[" + i + "] is of the " + turns.get(i).role() + ", expected " + expected);
      }
    }
    if (!Turns.last(turns).role().equals(Turns.ASSISTANT)) {
      throw new BadRow(
          FaultReason.LAST_TURN_NOT_ASSISTANT, where + " ends with a turn of the user");
    }
  }
}
