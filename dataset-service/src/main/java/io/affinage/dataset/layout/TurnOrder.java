package io.affinage.dataset.layout;

import io.affinage.dataset.reading.FaultReason;
import io.affinage.events.NormalRow.ChatMessage;
import io.affinage.events.NormalRow.ToolCall;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Puts turns into an order that can be trained: a system turn at most first, then user and
 * assistant by turns, results behind the calls that they answer, the assistant last. What can be
 * put right without loss of words is, and counted; what cannot fails.
 */
final class TurnOrder {
  private TurnOrder() {}

  /** A whole chat, with an answer at its end. */
  static List<ChatMessage> chat(List<ChatMessage> turns, String where, LayoutRow row)
      throws BadRow {
    List<ChatMessage> ordered = answered(turns, where, row);
    requireQuestion(ordered, where, row);
    return ordered;
  }

  /** What comes before an answer: as a chat, but the user, or a result, last. */
  static List<ChatMessage> prompt(List<ChatMessage> turns, String where, LayoutRow row)
      throws BadRow {
    List<ChatMessage> ordered = merged(turns, where, row);
    requireCalls(ordered, where);
    if (ordered.isEmpty() || Turns.isAssistant(Turns.last(ordered))) {
      throw new BadRow(
          FaultReason.ROLES_OUT_OF_ORDER,
          where + " must end with a turn of the user, ends with the assistant");
    }
    requireQuestion(ordered, where, row);
    return ordered;
  }

  /** An answer: turns of the assistant first and last. */
  static List<ChatMessage> answer(List<ChatMessage> turns, String where, LayoutRow row)
      throws BadRow {
    List<ChatMessage> ordered = answered(turns, where, row);
    if (!Turns.isAssistant(ordered.get(0))) {
      throw new BadRow(
          FaultReason.ROLES_OUT_OF_ORDER,
          where + " must begin with the assistant, begins with the " + ordered.get(0).role());
    }
    return ordered;
  }

  private static List<ChatMessage> answered(List<ChatMessage> turns, String where, LayoutRow row)
      throws BadRow {
    List<ChatMessage> ordered = cut(merged(turns, where, row), where, row);
    if (ordered.isEmpty()) {
      throw new BadRow(
          FaultReason.NO_ASSISTANT_TURN,
          where + " has no turn of the assistant; for questions alone name the layout PROMPT_ONLY");
    }
    ChatMessage last = Turns.last(ordered);
    if (last.toolCalls() == null && (last.content() == null || last.content().isBlank())) {
      throw new BadRow(FaultReason.EMPTY_COMPLETION, where + ": the last answer is blank");
    }
    requireCalls(ordered, where);
    boolean learned = false;
    for (ChatMessage turn : ordered) {
      learned |= Turns.isAssistant(turn) && turn.weight() == null;
    }
    if (!learned) {
      throw new BadRow(
          FaultReason.NOTHING_TO_LEARN, where + ": every turn of the assistant has weight 0");
    }
    return ordered;
  }

  /** Without blank system turns, and turns of one role behind each other as one. */
  private static List<ChatMessage> merged(List<ChatMessage> turns, String where, LayoutRow row)
      throws BadRow {
    List<ChatMessage> kept = turns;
    for (int i = 0; i < turns.size(); i++) {
      ChatMessage turn = turns.get(i);
      ChatMessage before = kept == turns ? (i == 0 ? null : turns.get(i - 1)) : lastOrNull(kept);
      boolean blank = turn.content() == null || turn.content().isBlank();
      boolean left = blank && turn.role().equals(Turns.SYSTEM);
      boolean joins = !left && before != null && joins(before, turn);
      if ((left || joins) && kept == turns) {
        kept = new ArrayList<>(turns.subList(0, i));
      }
      if (left) {
        row.note(RowNote.EMPTY_SYSTEM_LEFT_OUT, Turns.at(where, i));
      } else if (joins) {
        row.note(RowNote.TURNS_MERGED, Turns.at(where, i));
        kept.set(kept.size() - 1, join(before, turn, Turns.at(where, i)));
      } else if (kept != turns) {
        kept.add(turn);
      }
      requireContent(turn, blank, where, i, i == turns.size() - 1);
    }
    return kept;
  }

  private static ChatMessage lastOrNull(List<ChatMessage> turns) {
    return turns.isEmpty() ? null : Turns.last(turns);
  }

  private static void requireContent(
      ChatMessage turn, boolean blank, String where, int index, boolean last) throws BadRow {
    boolean needed = turn.role().equals(Turns.USER) || Turns.isAssistant(turn);
    if (blank && needed && turn.toolCalls() == null) {
      boolean answer = last && Turns.isAssistant(turn);
      throw new BadRow(
          answer ? FaultReason.EMPTY_COMPLETION : FaultReason.EMPTY_CONTENT,
          Turns.at(where, index) + " (" + turn.role() + ") is blank");
    }
  }

  /**
   * Calls behind a call, without a word, are calls at once; words behind a call lack its result.
   */
  private static boolean joins(ChatMessage before, ChatMessage turn) {
    if (!before.role().equals(turn.role()) || turn.role().equals(Turns.TOOL)) {
      return false;
    }
    return before.toolCalls() == null || turn.toolCalls() != null && turn.content() == null;
  }

  private static ChatMessage join(ChatMessage a, ChatMessage b, String where) throws BadRow {
    if (!Objects.equals(a.weight(), b.weight()) || !Objects.equals(a.name(), b.name())) {
      throw new BadRow(
          FaultReason.ROLES_OUT_OF_ORDER,
          where
              + " is of the "
              + b.role()
              + ", as the turn before it, and they cannot become one: their weights or names"
              + " differ");
    }
    List<ToolCall> calls = a.toolCalls() == null ? b.toolCalls() : a.toolCalls();
    if (a.toolCalls() != null && b.toolCalls() != null) {
      calls = new ArrayList<>(a.toolCalls());
      calls.addAll(b.toolCalls());
    }
    return new ChatMessage(
        a.role(),
        joined(a.content(), b.content()),
        joined(a.reasoningContent(), b.reasoningContent()),
        calls,
        null,
        a.name(),
        a.weight());
  }

  private static String joined(String a, String b) {
    return a == null ? b : b == null ? a : a + "\n\n" + b;
  }

  private static List<ChatMessage> cut(List<ChatMessage> turns, String where, LayoutRow row)
      throws BadRow {
    int end = turns.size();
    while (end > 0 && !Turns.isAssistant(turns.get(end - 1))) {
      end--;
    }
    if (end == turns.size() || end == 0) {
      return end == 0 ? List.of() : turns;
    }
    row.note(
        RowNote.TRAILING_TURNS_CUT, where + " ends with a turn of the " + Turns.last(turns).role());
    return new ArrayList<>(turns.subList(0, end));
  }

  private static void requireQuestion(List<ChatMessage> turns, String where, LayoutRow row)
      throws BadRow {
    boolean asked = false;
    for (int i = 0; i < turns.size(); i++) {
      String role = turns.get(i).role();
      if (role.equals(Turns.SYSTEM) && i > 0) {
        row.note(RowNote.SYSTEM_TURN_LATER, Turns.at(where, i) + " is of the system");
      }
      if (!asked && role.equals(Turns.ASSISTANT)) {
        row.note(RowNote.ASSISTANT_FIRST, Turns.at(where, i) + " is of the assistant");
      }
      asked |= role.equals(Turns.USER);
    }
    if (!asked) {
      throw new BadRow(FaultReason.ROLES_OUT_OF_ORDER, where + " has no turn of the user");
    }
  }

  /** Each call has its result behind it, unless it ends the turns; each result its call. */
  private static void requireCalls(List<ChatMessage> turns, String where) throws BadRow {
    ChatMessage open = null; // the turn whose calls are being answered
    int answered = 0;
    boolean named = false; // whether a result names its call, so that there is one for each
    for (int i = 0; i < turns.size(); i++) {
      ChatMessage turn = turns.get(i);
      if (turn.role().equals(Turns.TOOL)) {
        if (open == null) {
          throw new BadRow(
              FaultReason.TOOL_RESULT_WITHOUT_CALL,
              Turns.at(where, i) + " is a result, and no call comes before it");
        }
        requireCalled(turn, open, Turns.at(where, i));
        answered++;
        named |= turn.toolCallId() != null;
        continue;
      }
      if (open != null) {
        requireAnswered(open, answered, named, Turns.at(where, i));
      }
      open = turn.toolCalls() == null ? null : turn;
      answered = 0;
      named = false;
    }
  }

  private static void requireCalled(ChatMessage result, ChatMessage calls, String where)
      throws BadRow {
    Set<String> ids =
        calls.toolCalls().stream()
            .map(ToolCall::id)
            .filter(Objects::nonNull)
            .collect(Collectors.toSet());
    if (result.toolCallId() != null && !ids.isEmpty() && !ids.contains(result.toolCallId())) {
      throw new BadRow(
          FaultReason.TOOL_RESULT_WITHOUT_CALL,
          where + " answers a call that was not made: " + Turns.shortened(result.toolCallId()));
    }
  }

  private static void requireAnswered(ChatMessage calls, int answered, boolean named, String where)
      throws BadRow {
    if (answered == 0 || named && answered < calls.toolCalls().size()) {
      throw new BadRow(
          FaultReason.TOOL_CALL_WITHOUT_RESULT,
          where
              + " comes while a call of "
              + Turns.shortened(calls.toolCalls().get(answered).function().name())
              + " has no result");
    }
  }
}
