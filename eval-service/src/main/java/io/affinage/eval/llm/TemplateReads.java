package io.affinage.eval.llm;

import io.affinage.eval.model.Message;
import io.affinage.eval.model.Prompt;
import io.affinage.eval.serving.ServingException;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.text.ChatTemplate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * Whether a model's template shows the model all that a chat has: what it would leave out is
 * refused, since the model would answer without having seen it.
 */
record TemplateReads(ChatTemplate template) {
  private static final String OTHER = "another text 7f3b";

  /**
   * @throws ServingException {@code unsupported_parameter} with the field that the template does
   *     not read
   */
  void require(Prompt.Chat chat) {
    String whole = render(chat);
    if (!chat.tools().isEmpty() && same(whole, new Prompt.Chat(chat.messages()))) {
      throw unread("tools", "tools");
    }
    if (!chat.thinking() && whole.stripTrailing().endsWith("<think>")) {
      throw new ServingException(
          ServingException.Kind.INVALID,
          "unsupported_parameter",
          "the model's chat template always lets it think first; leave reasoning_effort out",
          "reasoning_effort",
          null);
    }
    for (String field : List.of("name", "tool_calls")) {
      first(chat, turn -> turn.more().containsKey(field))
          .filter(i -> same(whole, with(chat, i, less(chat.messages().get(i), field))))
          .ifPresent(
              i -> {
                throw unread("messages[" + i + "]." + field, field);
              });
    }
    first(chat, turn -> turn.role().equals("tool"))
        .filter(
            i ->
                same(
                    whole,
                    with(chat, i, new Message("tool", OTHER, chat.messages().get(i).more()))))
        .ifPresent(
            i -> {
              throw unread("messages[" + i + "]", "the results of tools");
            });
  }

  /** One turn of a kind stands for all: each look renders the whole chat again. */
  private static Optional<Integer> first(Prompt.Chat chat, Predicate<Message> kind) {
    return IntStream.range(0, chat.messages().size())
        .filter(i -> kind.test(chat.messages().get(i)))
        .boxed()
        .findFirst();
  }

  /** A template that cannot do without the field reads it, too. */
  private boolean same(String whole, Prompt.Chat changed) {
    try {
      return whole.equals(render(changed));
    } catch (LlmException e) {
      return false;
    }
  }

  private String render(Prompt.Chat chat) {
    return template.render(PromptTokens.messages(chat.messages()), PromptTokens.options(chat));
  }

  private static Message less(Message turn, String field) {
    Map<String, Object> more = new HashMap<>(turn.more());
    more.remove(field);
    return new Message(turn.role(), turn.content(), more);
  }

  private static Prompt.Chat with(Prompt.Chat chat, int index, Message turn) {
    List<Message> turns = new ArrayList<>(chat.messages());
    turns.set(index, turn);
    return new Prompt.Chat(turns, chat.tools(), chat.thinking());
  }

  private static ServingException unread(String param, String what) {
    return new ServingException(
        ServingException.Kind.INVALID,
        "unsupported_parameter",
        "the model's chat template has no place for %s, so the model would not see them"
            .formatted(what),
        param,
        null);
  }
}
