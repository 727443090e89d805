package io.affinage.eval.rest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.eval.model.Message;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads the turns of a chat; a field that is not read is refused by its place. */
final class TurnReader {
  private static final Map<String, Set<String>> FIELDS =
      Map.of(
          "system", Set.of("name"),
          "developer", Set.of("name"),
          "user", Set.of("name"),
          "assistant",
              Set.of("name", "tool_calls", "refusal", "audio", "function_call", "annotations"),
          "tool", Set.of("tool_call_id"));

  /** Answers carry these, empty: clients send them back as they came. */
  private static final List<String> EMPTY_ONLY =
      List.of("refusal", "audio", "function_call", "annotations");

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final List<Message> turns = new ArrayList<>();

  /** Calls of the assistant's last turn that no tool has answered yet. */
  private final Set<String> open = new HashSet<>();

  private TurnReader() {}

  static List<Message> read(JsonNode messages) {
    if (!messages.isArray() || messages.isEmpty()) {
      throw Fields.invalid(
          "missing_required_parameter", "'messages' must be a list with a message", "messages");
    }
    TurnReader reader = new TurnReader();
    for (int i = 0; i < messages.size(); i++) {
      reader.turn(messages.get(i), "messages[" + i + "]");
    }
    return reader.turns;
  }

  private void turn(JsonNode turn, String at) {
    String role = turn.path("role").asText("");
    Set<String> known = FIELDS.get(role);
    if (known == null) {
      throw Fields.invalid(
          "invalid_value",
          at + ".role must be system, developer, user, assistant or tool, not '" + role + "'",
          at + ".role");
    }
    Set<String> allowed = new HashSet<>(known);
    allowed.addAll(Set.of("role", "content"));
    Fields.of(turn, at).allowOnly(allowed, at + ".");
    for (String name : EMPTY_ONLY) {
      JsonNode value = turn.path(name);
      if (!Fields.absent(value) && !(value.isArray() && value.isEmpty())) {
        throw Fields.invalid(
            "unsupported_parameter", at + "." + name + " is not read here", at + "." + name);
      }
    }
    Map<String, Object> more = new HashMap<>();
    JsonNode name = turn.path("name");
    if (!Fields.absent(name)) {
      more.put("name", text(name, at + ".name"));
    }
    if (role.equals("tool")) {
      more.put("tool_call_id", answered(turn.path("tool_call_id"), at + ".tool_call_id"));
    } else {
      open.clear();
    }
    List<Map<String, Object>> calls = calls(turn.path("tool_calls"), at + ".tool_calls");
    if (!calls.isEmpty()) {
      more.put("tool_calls", calls);
    }
    JsonNode content = turn.path("content");
    String text =
        Fields.absent(content) && !calls.isEmpty() ? null : content(content, at + ".content");
    turns.add(new Message(role.equals("developer") ? "system" : role, text, more));
  }

  /** The place of a result tells the model which call it answers; the id must agree with it. */
  private String answered(JsonNode id, String at) {
    String text = text(id, at);
    if (!open.remove(text)) {
      throw Fields.invalid(
          "invalid_value",
          at + " must name a call of the assistant's turn before it that is not answered yet",
          at);
    }
    return text;
  }

  private List<Map<String, Object>> calls(JsonNode calls, String at) {
    if (Fields.absent(calls)) {
      return List.of();
    }
    if (!calls.isArray()) {
      throw Fields.invalid("invalid_type", at + " must be a list", at);
    }
    List<Map<String, Object>> read = new ArrayList<>();
    for (int i = 0; i < calls.size(); i++) {
      read.add(call(calls.get(i), at + "[" + i + "]"));
    }
    return read;
  }

  private Map<String, Object> call(JsonNode call, String at) {
    Fields.of(call, at).allowOnly(Set.of("id", "type", "function"), at + ".");
    if (!call.path("type").asText("").equals("function")) {
      throw Fields.invalid(
          "unsupported_parameter", at + ".type must be \"function\"", at + ".type");
    }
    JsonNode function = call.path("function");
    Fields.of(function, at + ".function").allowOnly(Set.of("name", "arguments"), at + ".function.");
    String id = text(call.path("id"), at + ".id");
    if (!open.add(id)) {
      throw Fields.invalid("invalid_value", at + ".id is there twice", at + ".id");
    }
    Map<String, Object> inner = new LinkedHashMap<>();
    inner.put("name", text(function.path("name"), at + ".function.name"));
    inner.put("arguments", arguments(function.path("arguments"), at + ".function.arguments"));
    Map<String, Object> whole = new LinkedHashMap<>();
    whole.put("id", id);
    whole.put("type", "function");
    whole.put("function", inner);
    return whole;
  }

  /** Templates write the object; the text of one would be quoted once more. */
  private static Map<?, ?> arguments(JsonNode arguments, String at) {
    try {
      JsonNode object = arguments.isTextual() ? JSON.readTree(arguments.textValue()) : arguments;
      if (object.isObject()) {
        return JSON.convertValue(object, LinkedHashMap.class);
      }
    } catch (JsonProcessingException e) {
      // As for what is JSON and no object.
    }
    throw Fields.invalid("invalid_value", at + " must be the text of a JSON object", at);
  }

  private static String text(JsonNode value, String at) {
    if (!value.isTextual() || value.textValue().isEmpty()) {
      throw Fields.invalid("invalid_type", at + " must be a text", at);
    }
    return value.textValue();
  }

  private static String content(JsonNode content, String at) {
    if (content.isTextual()) {
      return content.textValue();
    }
    if (!content.isArray() || content.isEmpty()) {
      throw Fields.invalid("invalid_type", at + " must be a text or parts of text", at);
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < content.size(); i++) {
      String place = at + "[" + i + "]";
      JsonNode part = content.get(i);
      if (!part.path("type").asText("").equals("text") || !part.path("text").isTextual()) {
        throw Fields.invalid("unsupported_parameter", place + ": only parts of text are read", at);
      }
      Fields.of(part, place).allowOnly(Set.of("type", "text"), place + ".");
      text.append(part.path("text").textValue());
    }
    return text.toString();
  }
}
