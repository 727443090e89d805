package io.affinage.llm.text;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * One turn of a conversation.
 *
 * @param role {@code system}, {@code user}, {@code assistant}, {@code tool}
 * @param content the text; null where a turn has only tool calls
 * @param more further fields that a chat template may read, such as {@code tool_calls}
 */
public record ChatMessage(String role, String content, Map<String, Object> more) {

  public ChatMessage {
    Objects.requireNonNull(role, "role");
    more = Map.copyOf(more);
  }

  public static ChatMessage of(String role, String content) {
    return new ChatMessage(role, content, Map.of());
  }

  public boolean isAssistant() {
    return role.equals("assistant");
  }

  Map<String, Object> forTemplate() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("role", role);
    fields.put("content", content);
    fields.putAll(more);
    return fields;
  }
}
