package io.affinage.eval.model;

import java.util.Map;

/**
 * One turn of a chat.
 *
 * @param role {@code system}, {@code user}, {@code assistant} or {@code tool}
 * @param content null where a turn of the assistant has calls alone
 * @param more what a template may read beside them: {@code name}, {@code tool_calls}, {@code
 *     tool_call_id}
 */
public record Message(String role, String content, Map<String, Object> more) {
  public Message {
    more = Map.copyOf(more);
  }

  /** A turn of text alone. */
  public Message(String role, String content) {
    this(role, content, Map.of());
  }
}
