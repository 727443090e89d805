package io.affinage.bench.work;

import io.affinage.llm.LanguageModel;
import io.affinage.llm.text.ChatMessage;
import io.affinage.llm.text.ChatTemplate;
import java.util.List;

/** Prompts as a user of a chat model writes them. */
final class ChatPrompts {
  private ChatPrompts() {}

  static int[] chat(LanguageModel model, String text) {
    String rendered =
        model
            .chatTemplate()
            .map(t -> t.render(List.of(ChatMessage.of("user", text)), ChatTemplate.Options.PROMPT))
            .orElse(text);
    return model.tokenizer().encode(rendered);
  }
}
