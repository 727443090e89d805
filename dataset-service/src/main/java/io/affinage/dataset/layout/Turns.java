package io.affinage.dataset.layout;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.affinage.dataset.reading.FaultReason;
import io.affinage.events.NormalRow.ChatMessage;
import java.util.ArrayList;
import java.util.List;

/** The turns of a chat, in either spelling: role and content, or from and value. */
final class Turns {
  static final String SYSTEM = "system";
  static final String USER = "user";
  static final String ASSISTANT = "assistant";
  private static final JsonMapper JSON = new JsonMapper();

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

  /** A list of turns; a CSV cell may hold it as JSON text. */
  static List<ChatMessage> read(JsonNode value, String where) throws BadRow {
    JsonNode list = unfolded(value, where);
    if (!list.isArray() || list.isEmpty()) {
      throw new BadRow(FaultReason.NO_MESSAGES, where + " must be a list of turns, not empty");
    }
    List<ChatMessage> turns = new ArrayList<>(list.size());
    for (int i = 0; i < list.size(); i++) {
      turns.add(turn(list.get(i), where + "[" + i + "]", i == list.size() - 1));
    }
    return turns;
  }

  /** Whether the value is turns rather than plain text. */
  static boolean isList(JsonNode value) {
    return value.isArray();
  }

  /** A whole chat: system at most first, user and assistant by turns, assistant last. */
  static void requireChat(List<ChatMessage> turns, String where) throws BadRow {
    if (turns.stream().noneMatch(turn -> turn.role().equals(ASSISTANT))) {
      throw new BadRow(FaultReason.NO_ASSISTANT_TURN, where + " has no turn of the assistant");
    }
    requireOrder(turns, where);
    if (!last(turns).role().equals(ASSISTANT)) {
      throw new BadRow(
          FaultReason.LAST_TURN_NOT_ASSISTANT,
          where + " ends with a turn of the " + last(turns).role());
    }
  }

  /** What comes before an answer: as a chat, but the user last. */
  static void requirePrompt(List<ChatMessage> turns, String where) throws BadRow {
    requireOrder(turns, where);
    if (!last(turns).role().equals(USER)) {
      throw new BadRow(
          FaultReason.ROLES_OUT_OF_ORDER,
          where + " must end with a turn of the user, ends with " + last(turns).role());
    }
  }

  static ChatMessage last(List<ChatMessage> turns) {
    return turns.get(turns.size() - 1);
  }

  private static void requireOrder(List<ChatMessage> turns, String where) throws BadRow {
    String expected = USER;
    for (int i = 0; i < turns.size(); i++) {
      String role = turns.get(i).role();
      if (i == 0 && role.equals(SYSTEM)) {
        continue;
      }
      if (!role.equals(expected)) {
        throw new BadRow(
            FaultReason.ROLES_OUT_OF_ORDER,
            where + "[" + i + "] is of the " + role + ", expected the " + expected);
      }
      expected = role.equals(USER) ? ASSISTANT : USER;
    }
  }

  private static JsonNode unfolded(JsonNode value, String where) throws BadRow {
    if (!value.isTextual() || !value.textValue().stripLeading().startsWith("[")) {
      return value;
    }
    try {
      return JSON.readTree(value.textValue());
    } catch (JsonProcessingException e) {
      throw new BadRow(
          FaultReason.INVALID_JSON, where + " is text that is not JSON: " + e.getOriginalMessage());
    }
  }

  private static ChatMessage turn(JsonNode turn, String where, boolean last) throws BadRow {
    if (!turn.isObject()) {
      throw new BadRow(FaultReason.NO_MESSAGES, where + " is not an object");
    }
    boolean shareGpt = !turn.has("role") && turn.has("from");
    JsonNode role = turn.get(shareGpt ? "from" : "role");
    if (role == null || !role.isTextual()) {
      throw new BadRow(FaultReason.UNKNOWN_ROLE, where + " names no role");
    }
    requireNoTools(turn, where);
    ChatMessage message =
        new ChatMessage(
            role(role.textValue(), where),
            content(turn.get(shareGpt ? "value" : "content"), where));
    boolean answer = last && message.role().equals(ASSISTANT);
    if (message.content().isBlank()) {
      throw new BadRow(
          answer ? FaultReason.EMPTY_COMPLETION : FaultReason.EMPTY_CONTENT,
          where + " (" + message.role() + ") is blank");
    }
    if (answer && turn.path("weight").isNumber() && turn.get("weight").doubleValue() == 0) {
      throw new BadRow(
          FaultReason.UNSUPPORTED_WEIGHT, where + " is the answer to learn and has weight 0");
    }
    return message;
  }

  private static void requireNoTools(JsonNode turn, String where) throws BadRow {
    for (String key : List.of("tool_calls", "function_call", "tool_call_id")) {
      JsonNode value = turn.get(key);
      if (value != null && !value.isNull() && !(value.isArray() && value.isEmpty())) {
        throw new BadRow(
            FaultReason.UNSUPPORTED_TOOLS,
            where + " has " + key + "; tool calls cannot be trained");
      }
    }
  }

  private static String role(String name, String where) throws BadRow {
    return switch (name) {
      case "system", "developer" -> SYSTEM;
      case "user", "human" -> USER;
      case "assistant", "gpt", "chatgpt", "bot", "model" -> ASSISTANT;
      case "tool", "function", "observation", "function_call" ->
          throw new BadRow(
              FaultReason.UNSUPPORTED_TOOLS,
              where + " has the role " + name + "; tool calls" + " cannot be trained");
      default ->
          throw new BadRow(
              FaultReason.UNKNOWN_ROLE,
              where + " has the unknown role " + name.substring(0, Math.min(name.length(), 40)));
    };
  }

  /** Text, or the text parts of a list of content parts. */
  private static String content(JsonNode content, String where) throws BadRow {
    if (content == null || content.isNull()) {
      return "";
    }
    if (!content.isArray()) {
      return Columns.text(content, where + ".content");
    }
    StringBuilder text = new StringBuilder();
    for (JsonNode part : content) {
      if (!part.path("type").asText().equals("text")) {
        throw new BadRow(
            FaultReason.UNSUPPORTED_CONTENT,
            where
                + " has a part of type "
                + part.path("type").asText("?")
                + "; only text is"
                + " supported");
      }
      text.append(Columns.text(part.path("text"), where + ".content.text"));
    }
    return text.toString();
  }
}
