package io.affinage.eval.model;

import java.util.List;
import java.util.Map;

/** What a model is given. */
public sealed interface Prompt {

  /** Plain text, given as it is; may be empty. */
  record Text(String text) implements Prompt {}

  /**
   * A chat, rendered with the model's own template.
   *
   * @param tools functions that the assistant may call, as OpenAI writes them; empty for none
   * @param thinking false when the model shall answer without thinking first
   */
  record Chat(List<Message> messages, List<Map<String, Object>> tools, boolean thinking)
      implements Prompt {
    public Chat {
      messages = List.copyOf(messages);
      tools = List.copyOf(tools);
    }

    /** A chat of text, without tools. */
    public Chat(List<Message> messages) {
      this(messages, List.of(), true);
    }
  }
}
