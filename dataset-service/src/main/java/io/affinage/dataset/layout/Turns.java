package io.affinage.dataset.layout;

import com.fasterxml.jackson.databind.JsonNode;
import io.affinage.dataset.reading.FaultReason;
import io.affinage.events.NormalRow.ChatMessage;
import io.affinage.events.NormalRow.ToolCall;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Reads the turns of a chat, in either spelling: role and content, or from and value. Their order
 * is not looked at here, see {@link TurnOrder}.
 */
final class Turns {
  static final String SYSTEM = "system";
  static final String USER = "user";
  static final String ASSISTANT = "assistant";
  static final String TOOL = "tool";

  /** A ShareGPT turn whose text is a call. */
  private static final String CALL = "function_call";

  private Turns() {}

  static ChatMessage user(String content) {
    return new ChatMessage(USER, content);
  }

  static ChatMessage assistant(String content) {
    return new ChatMessage(ASSISTANT, content);
  }

  static ChatMessage system(String content) {
    return new ChatMessage(SYSTEM, content);
  }

  static boolean isAssistant(ChatMessage turn) {
    return turn.role().equals(ASSISTANT);
  }

  static ChatMessage last(List<ChatMessage> turns) {
    return turns.get(turns.size() - 1);
  }

  /**
   * A list of turns, or one turn; a CSV cell may hold it as JSON text.
   *
   * @param column names the list in messages and in what is not read
   */
  static List<ChatMessage> read(JsonNode value, String column, LayoutRow row) throws BadRow {
    JsonNode list = unfolded(value, column);
    if (list.isObject()) {
      List<ChatMessage> one = new ArrayList<>(1);
      one.add(turn(list, column, 0, row));
      return one;
    }
    if (!list.isArray() || list.isEmpty()) {
      throw new BadRow(FaultReason.NO_MESSAGES, column + " must be a list of turns, not empty");
    }
    List<ChatMessage> turns = new ArrayList<>(list.size() + 1);
    for (int i = 0; i < list.size(); i++) {
      turns.add(turn(list.get(i), column, i, row));
    }
    return turns;
  }

  /** Whether the value is turns rather than plain text. */
  static boolean isList(JsonNode value) {
    return value.isArray() || value.isObject();
  }

  private static JsonNode unfolded(JsonNode value, String where) throws BadRow {
    if (!value.isTextual() || !value.textValue().stripLeading().startsWith("[")) {
      return value;
    }
    return Json.parse(value.textValue(), FaultReason.INVALID_JSON, where);
  }

  private static ChatMessage turn(JsonNode turn, String column, int index, LayoutRow row)
      throws BadRow {
    if (!turn.isObject()) {
      throw new BadRow(FaultReason.NO_MESSAGES, at(column, index) + " is not an object");
    }
    JsonNode role = null;
    JsonNode content = null;
    JsonNode reasoning = null;
    JsonNode calls = null;
    JsonNode callId = null;
    JsonNode name = null;
    JsonNode weight = null;
    for (Map.Entry<String, JsonNode> member : turn.properties()) {
      JsonNode value = member.getValue();
      if (value.isNull()) {
        continue;
      }
      switch (member.getKey()) {
        case "role" -> role = value;
        case "from" -> role = role == null ? value : role;
        case "content" -> content = value;
        case "value" -> content = content == null ? value : content;
        case "reasoning_content" -> reasoning = value;
        case "tool_calls" -> calls = calls == null || !value.isEmpty() ? value : calls;
        case CALL -> {
          calls = calls == null ? value : calls;
          row.note(RowNote.CALLS_CONVERTED, column);
        }
        case "tool_call_id" -> callId = value;
        case "name" -> name = value;
        case "weight" -> weight = value;
        default -> {
          if (LayoutRow.holds(value)) {
            row.unread(column + "[]." + member.getKey());
          }
        }
      }
    }
    if (turn.hasNonNull("role") && turn.hasNonNull("from")) {
      row.unread(column + "[].from");
    }
    if (turn.hasNonNull("content") && turn.hasNonNull("value")) {
      row.unread(column + "[].value");
    }
    if (role == null || !role.isTextual()) {
      throw new BadRow(FaultReason.UNKNOWN_ROLE, at(column, index) + " names no role");
    }
    String spoken = role(role.textValue(), column, index);
    List<ToolCall> called =
        calls == null
            ? null
            : ToolCalls.read(calls, at(column, index) + ".tool_calls", column, row);
    String text = content(content, spoken, column, index, row);
    if (spoken.equals(CALL)) {
      if (text == null || text.isBlank()) {
        throw new BadRow(FaultReason.INVALID_TOOL_CALL, at(column, index) + " calls nothing");
      }
      called = ToolCalls.read(content, at(column, index), column, row);
      row.note(RowNote.CALLS_CONVERTED, column);
      text = null;
      spoken = ASSISTANT;
    }
    boolean assistant = spoken.equals(ASSISTANT);
    if (called != null && !assistant) {
      throw new BadRow(
          FaultReason.INVALID_TOOL_CALL, at(column, index) + " calls, but is of the " + spoken);
    }
    String thought = null;
    if (reasoning != null) {
      thought = row.text(reasoning, at(column, index) + ".reasoning_content");
      if (!assistant) {
        row.unread(column + "[].reasoning_content");
        thought = null;
      } else if (thought.isBlank()) {
        thought = null;
      } else {
        row.note(RowNote.WITH_REASONING, column);
      }
    }
    return new ChatMessage(
        spoken,
        text == null || assistant && called != null && text.isBlank() ? null : text,
        thought,
        called,
        callId == null || !spoken.equals(TOOL)
            ? ignored(callId, column + "[].tool_call_id", row)
            : row.text(callId, at(column, index) + ".tool_call_id"),
        name == null ? null : row.text(name, at(column, index) + ".name"),
        weight == null ? null : weight(weight, assistant, column, index, row));
  }

  private static String ignored(JsonNode value, String name, LayoutRow row) {
    if (value != null) {
      row.unread(name);
    }
    return null;
  }

  /** 0 for a turn that nothing is learned from; null for every other. */
  private static Integer weight(
      JsonNode weight, boolean assistant, String column, int index, LayoutRow row) throws BadRow {
    double value =
        weight.isBoolean()
            ? weight.booleanValue() ? 1 : 0
            : weight.isNumber() ? weight.doubleValue() : Double.NaN;
    if (value != 0 && value != 1) {
      throw new BadRow(
          FaultReason.UNSUPPORTED_WEIGHT,
          at(column, index) + ".weight must be 0 or 1, is " + shortened(weight.asText("?")));
    }
    if (!assistant) {
      if (value == 1) {
        row.unread(column + "[].weight of another than the assistant");
      }
      return null;
    }
    if (value == 0) {
      row.note(RowNote.WITH_WEIGHTS, column);
      return 0;
    }
    return null;
  }

  static String at(String column, int index) {
    return column + "[" + index + "]";
  }

  private static String role(String name, String column, int index) throws BadRow {
    return switch (name) {
      case "system", "developer" -> SYSTEM;
      case "user", "human" -> USER;
      case "assistant", "gpt", "chatgpt", "bot", "model" -> ASSISTANT;
      case "tool", "function", "observation", "tool_response", "ipython" -> TOOL;
      case "function_call", "tool_call" -> CALL;
      default ->
          throw new BadRow(
              FaultReason.UNKNOWN_ROLE,
              at(column, index) + " has the unknown role " + shortened(name));
    };
  }

  static String shortened(String text) {
    return text.length() > 40 ? text.substring(0, 40) + "..." : text;
  }

  /** Text, or the text parts of a list of content parts; null where there is none. */
  private static String content(
      JsonNode content, String role, String column, int index, LayoutRow row) throws BadRow {
    if (content == null) {
      return null;
    }
    if (role.equals(CALL) && Turns.isList(content)) {
      return content.isEmpty() ? null : content.toString();
    }
    if (role.equals(TOOL) && (content.isObject() || content.isArray() && !parts(content))) {
      String where = at(column, index) + ".content";
      Json.requireStorable(content, FaultReason.NOT_TEXT, where);
      row.note(RowNote.RESULT_AS_TEXT, where);
      return content.toString();
    }
    if (!content.isArray()) {
      return content.isTextual() && Json.encodable(content.textValue())
          ? content.textValue()
          : row.text(content, at(column, index) + ".content");
    }
    StringBuilder text = new StringBuilder();
    for (JsonNode part : content) {
      if (!part.path("type").asText().equals("text")) {
        throw new BadRow(
            FaultReason.UNSUPPORTED_CONTENT,
            at(column, index)
                + " has a part of type "
                + shortened(part.path("type").asText("?"))
                + "; only text is supported");
      }
      text.append(row.text(part.path("text"), at(column, index) + ".content.text"));
      for (Map.Entry<String, JsonNode> member : part.properties()) {
        boolean read = member.getKey().equals("type") || member.getKey().equals("text");
        if (!read && LayoutRow.holds(member.getValue())) {
          row.unread(column + "[].content[]." + member.getKey());
        }
      }
    }
    return text.toString();
  }

  private static boolean parts(JsonNode list) {
    return !list.isEmpty() && list.get(0).path("type").isTextual();
  }
}
