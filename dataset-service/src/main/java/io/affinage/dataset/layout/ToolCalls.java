package io.affinage.dataset.layout;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.affinage.dataset.reading.FaultReason;
import io.affinage.events.NormalRow.ToolCall;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Calls of functions: one or a list, each {@code {"id", "function": {...}}} or only the function.
 */
final class ToolCalls {
  private ToolCalls() {}

  /**
   * @param column the list of turns, for the names of keys that are not read
   * @return at least one call, or null for an empty list
   */
  static List<ToolCall> read(JsonNode given, String where, String column, LayoutRow row)
      throws BadRow {
    JsonNode value = given;
    if (given.isTextual()) {
      if (given.textValue().isBlank()) {
        return null;
      }
      value = Json.parse(given.textValue(), FaultReason.INVALID_TOOL_CALL, where);
    }
    if (value.isObject()) {
      return List.of(call(value, where, column, row));
    }
    if (!value.isArray()) {
      throw new BadRow(FaultReason.INVALID_TOOL_CALL, where + " must be a call or a list of them");
    }
    if (value.isEmpty()) {
      return null;
    }
    List<ToolCall> calls = new ArrayList<>(value.size());
    for (int i = 0; i < value.size(); i++) {
      calls.add(call(value.get(i), where + "[" + i + "]", column, row));
    }
    return calls;
  }

  private static ToolCall call(JsonNode call, String where, String column, LayoutRow row)
      throws BadRow {
    JsonNode function = call.path("function");
    boolean wrapped = function.isObject();
    if (!wrapped) {
      function = call;
    }
    JsonNode name = function.get("name");
    if (name == null || !name.isTextual() || name.textValue().isBlank()) {
      throw new BadRow(FaultReason.INVALID_TOOL_CALL, where + " names no function");
    }
    JsonNode id = call.get("id");
    JsonNode type = call.get("type");
    if (type != null && !type.isNull() && !type.asText().equals("function")) {
      throw new BadRow(FaultReason.INVALID_TOOL_CALL, where + " is of another type than function");
    }
    String prefix = column + "[].tool_calls[].";
    unread(call, prefix, wrapped ? KEYS_AROUND : KEYS_ALONE, row);
    if (wrapped) {
      unread(function, prefix + "function.", KEYS_ALONE, row);
    }
    return new ToolCall(
        id == null || id.isNull() ? null : row.text(id, where + ".id"),
        "function",
        new ToolCall.Function(
            row.text(name, where + ".name"), arguments(function, where + ".arguments")));
  }

  private static final List<String> KEYS_AROUND = List.of("id", "type", "function");
  private static final List<String> KEYS_ALONE = List.of("id", "type", "name", "arguments");

  private static void unread(JsonNode object, String prefix, List<String> read, LayoutRow row) {
    for (Map.Entry<String, JsonNode> member : object.properties()) {
      if (LayoutRow.holds(member.getValue()) && !read.contains(member.getKey())) {
        row.unread(prefix + member.getKey());
      }
    }
  }

  /** An object; none counts as an empty one. */
  private static JsonNode arguments(JsonNode function, String where) throws BadRow {
    JsonNode arguments = function.get("arguments");
    if (arguments != null && arguments.isTextual()) {
      arguments =
          arguments.textValue().isBlank()
              ? null
              : Json.parse(arguments.textValue(), FaultReason.INVALID_TOOL_CALL, where);
    }
    if (arguments == null || arguments.isNull()) {
      return JsonNodeFactory.instance.objectNode();
    }
    if (!arguments.isObject()) {
      throw new BadRow(FaultReason.INVALID_TOOL_CALL, where + " must be a JSON object");
    }
    Json.requireStorable(arguments, FaultReason.INVALID_TOOL_CALL, where);
    return arguments;
  }
}
