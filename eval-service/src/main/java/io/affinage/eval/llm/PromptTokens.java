package io.affinage.eval.llm;

import io.affinage.eval.model.Message;
import io.affinage.eval.model.Prompt;
import io.affinage.llm.LanguageModel;
import io.affinage.llm.data.AnswerTargets;
import io.affinage.llm.data.Example;
import io.affinage.llm.data.ExampleEncoder;
import io.affinage.llm.data.OverlengthPolicy;
import io.affinage.llm.data.TokenizedExample;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.text.ChatMessage;
import io.affinage.llm.text.ChatTemplate;
import io.affinage.llm.text.SpecialTokens;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** Prompts and answers as the model's tokens, the same way as in training. */
final class PromptTokens {
  private final LanguageModel model;
  private final ExampleEncoder encoder;

  PromptTokens(LanguageModel model) {
    this.model = model;
    this.encoder =
        new ExampleEncoder(
            model.tokenizer(),
            model.chatTemplate(),
            new ExampleEncoder.Settings(
                Integer.MAX_VALUE, OverlengthPolicy.FAIL, AnswerTargets.LAST));
  }

  /** What the model continues; never empty. */
  int[] prompt(Prompt prompt) {
    int[] ids =
        prompt instanceof Prompt.Chat chat
            ? model.tokenizer().encode(rendered(chat))
            : encoder.prompt(((Prompt.Text) prompt).text());
    return ids.length > 0 ? ids : new int[] {start()};
  }

  private String rendered(Prompt.Chat chat) {
    return model
        .chatTemplate()
        .orElseThrow(
            () ->
                new LlmException(
                    "no_chat_template",
                    "the model has no chat template; ask it with plain text (/v1/completions)"))
        .render(messages(chat.messages()), options(chat));
  }

  static ChatTemplate.Options options(Prompt.Chat chat) {
    return new ChatTemplate.Options(
        true, chat.tools(), chat.thinking() ? Map.of() : Map.of("enable_thinking", false));
  }

  private int start() {
    SpecialTokens special = model.tokenizer().specialTokens();
    OptionalInt first = special.bos().isPresent() ? special.bos() : special.eos();
    return first.orElseThrow(
        () -> new LlmException("prompt_empty", "the prompt is empty; give at least one word"));
  }

  /** A prompt with its answer; the targets are the answer and the token that ends it. */
  TokenizedExample answered(String id, Prompt prompt, String answer) {
    if (prompt instanceof Prompt.Chat chat) {
      List<ChatMessage> messages = new ArrayList<>(messages(chat.messages()));
      messages.add(ChatMessage.of("assistant", answer));
      return encoder.encode(new Example.Chat(id, messages));
    }
    String text = ((Prompt.Text) prompt).text();
    return encoder.encode(
        text.isEmpty() ? new Example.Text(id, answer) : new Example.Completion(id, text, answer));
  }

  static List<ChatMessage> messages(List<Message> messages) {
    return messages.stream().map(m -> new ChatMessage(m.role(), m.content(), m.more())).toList();
  }
}
