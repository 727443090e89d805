package io.affinage.eval.model;

import java.util.List;

/** What a model is given. */
public sealed interface Prompt {

  /** Plain text, given as it is; may be empty. */
  record Text(String text) implements Prompt {}

  /** A chat, rendered with the model's own template. */
  record Chat(List<Message> messages) implements Prompt {
    public Chat {
      messages = List.copyOf(messages);
    }
  }
}
