package io.affinage.eval.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Reads the functions that a chat offers, and whether the model may call them. Nothing here can
 * force a call or keep a model to a schema, so those wishes are refused.
 */
final class ToolReader {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,64}");
  private static final int MAX_TOOLS = 128;
  private static final ObjectMapper JSON = new ObjectMapper();

  private ToolReader() {}

  /** The functions offered; empty when there are none or {@code tool_choice} is {@code none}. */
  static List<Map<String, Object>> read(Fields fields) {
    List<Map<String, Object>> tools = tools(fields.body().path("tools"));
    JsonNode choice = fields.body().path("tool_choice");
    boolean chosen = !Fields.absent(choice);
    if (tools.isEmpty()) {
      for (String name : List.of("tool_choice", "parallel_tool_calls")) {
        if (!Fields.absent(fields.body().path(name))) {
          throw Fields.invalid(
              "invalid_value", "'" + name + "' is only allowed when 'tools' are given", name);
        }
      }
      return tools;
    }
    if (!fields.flag("parallel_tool_calls", true)) {
      throw Fields.invalid(
          "unsupported_parameter",
          "the number of calls cannot be bounded; leave 'parallel_tool_calls' out",
          "parallel_tool_calls");
    }
    if (!chosen || choice.asText("").equals("auto")) {
      return tools;
    }
    if (choice.asText("").equals("none")) {
      return List.of();
    }
    throw Fields.invalid(
        choice.isObject() || choice.asText("").equals("required")
            ? "unsupported_parameter"
            : "invalid_value",
        "'tool_choice' may be \"auto\" or \"none\": no call can be forced",
        "tool_choice");
  }

  private static List<Map<String, Object>> tools(JsonNode tools) {
    if (Fields.absent(tools)) {
      return List.of();
    }
    if (!tools.isArray() || tools.size() > MAX_TOOLS) {
      throw Fields.invalid("invalid_type", "'tools' must be a list of up to " + MAX_TOOLS, "tools");
    }
    List<Map<String, Object>> read = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (int i = 0; i < tools.size(); i++) {
      String at = "tools[" + i + "]";
      JsonNode tool = tools.get(i);
      if (!tool.path("type").asText("").equals("function")) {
        throw Fields.invalid(
            "unsupported_parameter", at + ".type must be \"function\"", at + ".type");
      }
      Fields.of(tool, at).allowOnly(Set.of("type", "function"), at + ".");
      String function = at + ".function";
      Fields fields = Fields.of(tool.path("function"), function);
      fields.allowOnly(Set.of("name", "description", "parameters", "strict"), function + ".");
      if (fields.body().path("strict").asBoolean(false)) {
        throw Fields.invalid(
            "unsupported_parameter",
            "the model cannot be kept to a schema; leave 'strict' out",
            function + ".strict");
      }
      String name = tool.path("function").path("name").asText("");
      if (!NAME.matcher(name).matches() || !names.add(name)) {
        throw Fields.invalid(
            "invalid_value",
            function + ".name must be up to 64 letters, digits, '_' or '-', each once",
            function + ".name");
      }
      require(fields, "description", JsonNode::isTextual, function);
      require(fields, "parameters", JsonNode::isObject, function);
      read.add(plain(tool));
    }
    return read;
  }

  private static void require(
      Fields fields, String name, java.util.function.Predicate<JsonNode> is, String at) {
    JsonNode value = fields.body().path(name);
    if (!Fields.absent(value) && !is.test(value)) {
      throw Fields.invalid(
          "invalid_type", at + "." + name + " has the wrong type", at + "." + name);
    }
  }

  /** As templates read it: without what is null, in the order given. */
  @SuppressWarnings("unchecked")
  private static Map<String, Object> plain(JsonNode tool) {
    Map<String, Object> plain = JSON.convertValue(tool, Map.class);
    ((Map<String, Object>) plain.get("function")).values().removeIf(java.util.Objects::isNull);
    return plain;
  }
}
