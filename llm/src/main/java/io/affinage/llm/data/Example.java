package io.affinage.llm.data;

import io.affinage.llm.text.ChatMessage;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** One example of a data set, as text. */
public sealed interface Example {

  /** Names the example in errors and reports. */
  String id();

  /**
   * A text and how it goes on. Loss is taken on the completion and on the end-of-text token after
   * it.
   */
  record Completion(String id, String prompt, String completion) implements Example {
    public Completion {
      Objects.requireNonNull(id, "id");
      Objects.requireNonNull(prompt, "prompt");
      Objects.requireNonNull(completion, "completion");
    }
  }

  /**
   * A conversation. Loss is taken on the last answer, or on all of them; calls of functions are
   * answers, their results are not.
   *
   * @param tools JSON schemas of the functions that the assistant may call, as maps
   * @param masked indices of turns of the assistant on which no loss is taken
   */
  record Chat(
      String id, List<ChatMessage> messages, List<Map<String, Object>> tools, Set<Integer> masked)
      implements Example {
    public Chat {
      Objects.requireNonNull(id, "id");
      messages = List.copyOf(messages);
      tools = List.copyOf(tools);
      masked = Set.copyOf(masked);
    }

    public Chat(String id, List<ChatMessage> messages) {
      this(id, messages, List.of(), Set.of());
    }
  }

  /** A document. Loss is taken on all of it but the first token. */
  record Text(String id, String document) implements Example {
    public Text {
      Objects.requireNonNull(id, "id");
      Objects.requireNonNull(document, "document");
    }
  }
}
