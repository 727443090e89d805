package io.affinage.dataset.layout;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.dataset.reading.FaultReason;
import java.util.ArrayList;
import java.util.List;

/**
 * The functions that the assistant may call: a list, or a list as JSON text; each in OpenAI's form
 * or only the function. They come out in OpenAI's form.
 */
final class Tools {
  private Tools() {}

  /** Those of the columns {@code tools} or, as OpenAI once called it, {@code functions}. */
  static List<JsonNode> of(LayoutRow row) throws BadRow {
    String column = row.has("tools") || !row.has("functions") ? "tools" : "functions";
    JsonNode value = row.optional(column);
    return value == null ? null : read(value, column, row);
  }

  /** The tools, or null for none. */
  static List<JsonNode> read(JsonNode value, String where, LayoutRow row) throws BadRow {
    JsonNode list = value;
    if (value.isTextual()) {
      if (value.textValue().isBlank()) {
        return null;
      }
      list = Json.parse(value.textValue(), FaultReason.INVALID_TOOLS, where);
      if (list.isNull() || list.isEmpty()) {
        return null;
      }
      row.note(RowNote.TOOLS_CONVERTED, where);
    }
    if (list.isArray() && list.isEmpty()) {
      return null;
    }
    if (!list.isArray()) {
      throw new BadRow(FaultReason.INVALID_TOOLS, where + " must be a list of functions");
    }
    List<JsonNode> tools = new ArrayList<>(list.size());
    for (int i = 0; i < list.size(); i++) {
      tools.add(tool(list.get(i), where + "[" + i + "]", row));
    }
    row.note(RowNote.WITH_TOOLS, where);
    return tools;
  }

  private static JsonNode tool(JsonNode given, String where, LayoutRow row) throws BadRow {
    JsonNode tool = given;
    if (given.isTextual()) {
      tool = Json.parse(given.textValue(), FaultReason.INVALID_TOOLS, where);
      row.note(RowNote.TOOLS_CONVERTED, where);
    }
    if (!tool.isObject()) {
      throw new BadRow(FaultReason.INVALID_TOOLS, where + " is not an object");
    }
    JsonNode function = tool.get("function");
    if (function == null || !function.isObject()) {
      ObjectNode wrapped = JsonNodeFactory.instance.objectNode().put("type", "function");
      wrapped.set("function", tool);
      row.note(RowNote.TOOLS_CONVERTED, where);
      function = tool;
      tool = wrapped;
    } else if (!tool.has("type")) {
      ObjectNode typed = JsonNodeFactory.instance.objectNode().put("type", "function");
      tool = typed.setAll((ObjectNode) tool);
    }
    JsonNode name = function.get("name");
    if (name == null || !name.isTextual() || name.textValue().isBlank()) {
      throw new BadRow(FaultReason.INVALID_TOOLS, where + " names no function");
    }
    Json.requireStorable(tool, FaultReason.INVALID_TOOLS, where);
    return tool;
  }
}
