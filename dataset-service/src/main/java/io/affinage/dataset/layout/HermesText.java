package io.affinage.dataset.layout;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.affinage.dataset.reading.FaultReason;
import io.affinage.events.NormalRow.ChatMessage;
import io.affinage.events.NormalRow.ToolCall;
import java.util.ArrayList;
import java.util.List;

/**
 * Chats about tools that were written out as text, as Hermes' and Qwen's templates do: functions in
 * {@code <tools>} of the system turn, calls in {@code <tool_call>}, results in {@code
 * <tool_response>}. They become tools, calls and results, so that a model's own template writes
 * them its own way. Only rows with functions are looked at: elsewhere the tags are words.
 */
final class HermesText {
  private static final String TOOLS = "<tools>";
  private static final String TOOLS_END = "</tools>";
  private static final String CALL = "<tool_call>";
  private static final String CALL_END = "</tool_call>";
  private static final String RESULT = "<tool_response>";
  private static final String RESULT_END = "</tool_response>";

  /** Where the explanation of the tools begins, by template. */
  private static final List<String> EXPLANATIONS =
      List.of("# Tools", "You are a function calling AI model");

  private HermesText() {}

  /**
   * @param tools null for none
   */
  record Chat(List<ChatMessage> turns, List<JsonNode> tools) {}

  static Chat read(List<ChatMessage> turns, List<JsonNode> tools, String where, LayoutRow row)
      throws BadRow {
    ChatMessage first = turns.get(0);
    boolean explained =
        first.role().equals(Turns.SYSTEM)
            && first.content() != null
            && first.content().contains(TOOLS);
    if (tools == null && !explained || turns.stream().noneMatch(HermesText::marked)) {
      return new Chat(turns, tools);
    }
    List<JsonNode> known = tools;
    List<ChatMessage> read = new ArrayList<>(turns.size() + 2);
    for (int i = 0; i < turns.size(); i++) {
      ChatMessage turn = turns.get(i);
      String at = Turns.at(where, i);
      if (i == 0 && explained) {
        List<JsonNode> listed = listed(turn.content(), at, row);
        if (listed != null) {
          known = known == null ? listed : known;
          read.add(Turns.system(unexplained(turn.content(), at, row)));
          continue;
        }
      }
      if (Turns.isAssistant(turn) && contains(turn, CALL)) {
        read.add(called(turn, at, where, row));
      } else if (turn.role().equals(Turns.TOOL) && contains(turn, RESULT)
          || turn.role().equals(Turns.USER) && startsWith(turn, RESULT)) {
        results(turn, at, row, read);
      } else {
        read.add(turn);
      }
    }
    return new Chat(read, known);
  }

  private static boolean marked(ChatMessage turn) {
    return contains(turn, TOOLS) || contains(turn, CALL) || contains(turn, RESULT);
  }

  private static boolean contains(ChatMessage turn, String mark) {
    return turn.content() != null && turn.content().contains(mark);
  }

  private static boolean startsWith(ChatMessage turn, String mark) {
    return turn.content() != null && turn.content().stripLeading().startsWith(mark);
  }

  /**
   * The functions between the marks: a JSON array or one object behind the other; null for none.
   */
  private static List<JsonNode> listed(String system, String where, LayoutRow row) throws BadRow {
    int start = block(system);
    if (start < 0) {
      return null;
    }
    String inner = system.substring(start + TOOLS.length(), system.indexOf(TOOLS_END, start));
    List<JsonNode> values = Json.sequence(inner.strip());
    if (values.isEmpty()) {
      throw new BadRow(FaultReason.INVALID_TOOLS, where + " has <tools> that are not JSON");
    }
    JsonNode list = values.get(0);
    if (!list.isArray() || values.size() > 1) {
      list = JsonNodeFactory.instance.arrayNode().addAll(values);
    }
    row.note(RowNote.TOOLS_CONVERTED, where);
    return Tools.read(list, where + " <tools>", row);
  }

  /** Where the block with functions begins, past mentions of the mark; -1 for none. */
  private static int block(String system) {
    for (int at = system.indexOf(TOOLS); at >= 0; at = system.indexOf(TOOLS, at + 1)) {
      int end = system.indexOf(TOOLS_END, at);
      if (end < 0) {
        return -1;
      }
      String inner = system.substring(at + TOOLS.length(), end).strip();
      if (inner.startsWith("[") || inner.startsWith("{")) {
        return at;
      }
    }
    return -1;
  }

  private static String unexplained(String system, String where, LayoutRow row) throws BadRow {
    int block = block(system);
    int start = -1;
    for (String explanation : EXPLANATIONS) {
      int at = system.lastIndexOf(explanation, block);
      start = start < 0 ? at : start;
    }
    if (start < 0) {
      throw new BadRow(
          FaultReason.INVALID_TOOLS,
          where
              + " explains tools in words that are not known, which a model's own template would"
              + " say again; give the functions in a column tools and take them out of the text");
    }
    int end = system.indexOf(TOOLS_END, block) + TOOLS_END.length();
    int shown = system.lastIndexOf(CALL_END);
    end = shown < end ? end : shown + CALL_END.length();
    row.note(RowNote.TOOL_TEXT_LEFT_OUT, where);
    String before = system.substring(0, start).strip();
    String behind = system.substring(end).strip();
    return before.isEmpty() || behind.isEmpty() ? before + behind : before + "\n\n" + behind;
  }

  private static ChatMessage called(ChatMessage turn, String where, String column, LayoutRow row)
      throws BadRow {
    String text = turn.content();
    int at = text.indexOf(CALL);
    String words = text.substring(0, at).strip();
    List<ToolCall> calls = new ArrayList<>(turn.toolCalls() == null ? List.of() : turn.toolCalls());
    while (at >= 0) {
      int end = text.indexOf(CALL_END, at);
      int next = end < 0 ? -1 : text.indexOf(CALL, end);
      String between =
          end < 0
              ? "unclosed"
              : text.substring(end + CALL_END.length(), next < 0 ? text.length() : next);
      if (!between.isBlank()) {
        throw new BadRow(
            FaultReason.INVALID_TOOL_CALL,
            where + " has words behind a <tool_call>, or one that is not closed");
      }
      String call = text.substring(at + CALL.length(), end).strip();
      JsonNode value = Json.parse(call, FaultReason.INVALID_TOOL_CALL, where + " <tool_call>");
      List<ToolCall> read = ToolCalls.read(value, where + " <tool_call>", column, row);
      if (read != null) {
        calls.addAll(read);
      }
      at = next;
    }
    row.note(RowNote.CALLS_CONVERTED, where);
    return new ChatMessage(
        turn.role(),
        words.isEmpty() ? null : words,
        turn.reasoningContent(),
        calls.isEmpty() ? null : calls,
        turn.toolCallId(),
        turn.name(),
        turn.weight());
  }

  private static void results(ChatMessage turn, String where, LayoutRow row, List<ChatMessage> read)
      throws BadRow {
    String text = turn.content().strip();
    int at = 0;
    while (at < text.length()) {
      int end = text.indexOf(RESULT_END, at);
      if (!text.startsWith(RESULT, at) || end < 0) {
        throw new BadRow(
            FaultReason.TOOL_RESULT_WITHOUT_CALL,
            where + " has words beside a <tool_response>, or one that is not closed");
      }
      String result = text.substring(at + RESULT.length(), end).strip();
      read.add(
          new ChatMessage(Turns.TOOL, result, null, null, turn.toolCallId(), turn.name(), null));
      at = end + RESULT_END.length();
      while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
        at++;
      }
    }
    row.note(RowNote.CALLS_CONVERTED, where);
  }
}
