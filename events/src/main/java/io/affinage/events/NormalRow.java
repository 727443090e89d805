package io.affinage.events;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

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
    @Nullable String text,
    @Nullable String prompt,
    @Nullable String completion,
    @Nullable List<ChatMessage> messages,
    @Nullable List<ChatMessage> chosen,
    @Nullable List<ChatMessage> rejected) {

  /** One turn of a chat. */
  public record ChatMessage(String role, String content) {}
}
