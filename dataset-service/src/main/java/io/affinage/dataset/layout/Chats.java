package io.affinage.dataset.layout;

import com.fasterxml.jackson.databind.JsonNode;
import io.affinage.dataset.reading.FaultReason;
import io.affinage.events.NormalRow;
import io.affinage.events.NormalRow.ChatMessage;
import java.util.ArrayList;
import java.util.List;

/** What the layouts of chats share: columns beside the turns, and the row that comes out. */
final class Chats {
  /** Columns that only a chat can carry. */
  static final List<String> COLUMNS = List.of("system", "history", "tools", "functions");

  private Chats() {}

  /** A whole chat as a row. */
  static NormalRow row(List<ChatMessage> turns, String where, LayoutRow row) throws BadRow {
    HermesText.Chat chat = HermesText.read(turns, Tools.of(row), where, row);
    return new NormalRow(
        null,
        null,
        null,
        null,
        TurnOrder.chat(chat.turns(), where, row),
        null,
        null,
        null,
        null,
        null,
        chat.tools(),
        null);
  }

  /** A chat that waits for an answer as a row. */
  static NormalRow question(List<ChatMessage> turns, String where, LayoutRow row) throws BadRow {
    HermesText.Chat chat = HermesText.read(turns, Tools.of(row), where, row);
    return new NormalRow(
        null,
        null,
        null,
        null,
        TurnOrder.prompt(chat.turns(), where, row),
        null,
        null,
        null,
        null,
        null,
        chat.tools(),
        null);
  }

  /** Puts the column {@code system} before turns that have no system turn of their own. */
  static List<ChatMessage> withSystem(List<ChatMessage> turns, LayoutRow row) throws BadRow {
    if (!row.has("system") || ownSystem(turns)) {
      return turns;
    }
    String system = row.optionalText("system");
    if (system == null) {
      return turns;
    }
    List<ChatMessage> all = new ArrayList<>(turns.size() + 1);
    all.add(Turns.system(system));
    all.addAll(turns);
    return all;
  }

  private static boolean ownSystem(List<ChatMessage> turns) {
    ChatMessage first = turns.get(0);
    return first.role().equals(Turns.SYSTEM)
        && first.content() != null
        && !first.content().isBlank();
  }

  /** A question of plain text as turns, behind the columns {@code system} and {@code history}. */
  static List<ChatMessage> question(String question, LayoutRow row) throws BadRow {
    List<ChatMessage> turns = new ArrayList<>(3);
    String system = row.optionalText("system");
    if (system != null) {
      turns.add(Turns.system(system));
    }
    history(turns, row);
    turns.add(Turns.user(question));
    return turns;
  }

  /** Pairs of a question and its answer, or turns. */
  private static void history(List<ChatMessage> turns, LayoutRow row) throws BadRow {
    JsonNode value = row.optional("history");
    if (value == null || value.isTextual() && value.textValue().isBlank()) {
      return;
    }
    JsonNode history =
        value.isTextual()
            ? Json.parse(value.textValue(), FaultReason.INVALID_HISTORY, "history")
            : value;
    if (!history.isArray()) {
      throw new BadRow(
          FaultReason.INVALID_HISTORY, "history must be a list of pairs of question and answer");
    }
    if (history.isEmpty()) {
      return;
    }
    if (history.get(0).isObject()) {
      turns.addAll(Turns.read(history, "history", row));
    } else {
      for (int i = 0; i < history.size(); i++) {
        JsonNode pair = history.get(i);
        String where = Turns.at("history", i);
        if (!pair.isArray() || pair.size() != 2) {
          throw new BadRow(
              FaultReason.INVALID_HISTORY, where + " must be a question and its answer");
        }
        turns.add(Turns.user(row.text(pair.get(0), where + "[0]")));
        turns.add(Turns.assistant(row.text(pair.get(1), where + "[1]")));
      }
    }
    row.note(RowNote.WITH_HISTORY, "history");
  }

  /** Whether the row has columns that only a chat can carry. */
  static boolean needed(LayoutRow row) {
    return COLUMNS.stream().anyMatch(row::holds);
  }
}
