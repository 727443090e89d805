package io.affinage.eval.run;

import io.affinage.eval.dataset.Item;
import io.affinage.eval.model.Message;
import io.affinage.eval.model.Prompt;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * Puts examples before a prompt: for text as text with a blank line between, for a chat as earlier
 * turns.
 *
 * @param examples at most this many are shown
 */
record FewShot(List<Item> examples) {
  /** Between examples written as text. */
  static final String SEPARATOR = "\n\n";

  /**
   * The prompt with as many examples as fit.
   *
   * @param tokens counts a prompt's tokens
   * @param budget most tokens of the prompt
   */
  Prompt before(Item item, ToIntFunction<Prompt> tokens, int budget) {
    for (int count = examples.size(); count > 0; count--) {
      Prompt prompt = with(examples.subList(0, count), item.prompt());
      if (tokens.applyAsInt(prompt) <= budget) {
        return prompt;
      }
    }
    return item.prompt();
  }

  private static Prompt with(List<Item> shown, Prompt asked) {
    if (asked instanceof Prompt.Text text) {
      StringBuilder all = new StringBuilder();
      for (Item example : shown) {
        if (example.prompt() instanceof Prompt.Text question) {
          all.append(question.text()).append(example.reference()).append(SEPARATOR);
        }
      }
      return new Prompt.Text(all.append(text.text()).toString());
    }
    List<Message> turns = new ArrayList<>();
    List<Message> chat = ((Prompt.Chat) asked).messages();
    int system = !chat.isEmpty() && chat.get(0).role().equals("system") ? 1 : 0;
    turns.addAll(chat.subList(0, system));
    for (Item example : shown) {
      if (example.prompt() instanceof Prompt.Chat question) {
        question.messages().stream().filter(m -> !m.role().equals("system")).forEach(turns::add);
        turns.add(new Message("assistant", example.reference()));
      }
    }
    turns.addAll(chat.subList(system, chat.size()));
    return new Prompt.Chat(turns);
  }
}
