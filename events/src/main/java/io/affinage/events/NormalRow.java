package io.affinage.events;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/**
 * One row of a dataset version, whatever layout it came in; the line format of {@code train.jsonl}
 * and its siblings. Exactly one of the shapes is filled: {@code text}; {@code prompt} and {@code
 * completion} (plain text, no template); {@code messages} (a chat whose last message is the
 * assistant's); or {@code messages} as the shared prompt with {@code chosen} and {@code rejected}
 * answers.
 *
 * @param id content hash of the row, 16 hexadecimal digits
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record NormalRow(
    String id,
    String text,
    String prompt,
    String completion,
    List<ChatMessage> messages,
    List<ChatMessage> chosen,
    List<ChatMessage> rejected) {

  /** One turn of a chat. */
  public record ChatMessage(String role, String content) {}
}
