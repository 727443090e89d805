package io.affinage.eval.dataset;

import io.affinage.eval.model.Message;
import io.affinage.eval.model.Prompt;
import io.affinage.events.NormalRow;
import io.affinage.events.NormalRow.ChatMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One row as a question with its right answer.
 *
 * @param id content hash of the row
 * @param prompt the question; empty text for a plain document
 * @param reference the right answer; for a plain document, the whole of it
 * @param document whether the row is a plain document, which asks nothing
 */
public record Item(String id, Prompt prompt, String reference, boolean document) {

  /**
   * The item of a row; empty where the row has none of the shapes that can be measured: no answer
   * that is right, or calls of tools.
   */
  public static Optional<Item> of(NormalRow row) {
    if (Boolean.FALSE.equals(row.label()) || row.tools() != null) {
      return Optional.empty();
    }
    if (row.prompt() != null && row.chosenText() != null) {
      return Optional.of(
          new Item(row.id(), new Prompt.Text(row.prompt()), row.chosenText(), false));
    }
    if (row.text() != null) {
      return Optional.of(new Item(row.id(), new Prompt.Text(""), row.text(), true));
    }
    if (row.prompt() != null && row.completion() != null) {
      return Optional.of(
          new Item(row.id(), new Prompt.Text(row.prompt()), row.completion(), false));
    }
    List<ChatMessage> turns = new ArrayList<>();
    if (row.messages() != null) {
      turns.addAll(row.messages());
    }
    if (row.chosen() != null) {
      turns.addAll(row.chosen());
    }
    int last = turns.size() - 1;
    if (last < 1
        || !"assistant".equals(turns.get(last).role())
        || turns.stream().anyMatch(turn -> turn.content() == null)) {
      return Optional.empty();
    }
    List<Message> asked =
        turns.subList(0, last).stream()
            .map(turn -> new Message(turn.role(), turn.content()))
            .toList();
    return Optional.of(
        new Item(row.id(), new Prompt.Chat(asked), turns.get(last).content(), false));
  }

  /** The question for people: the text, or the last turn of the chat. */
  public String question() {
    if (prompt instanceof Prompt.Chat chat) {
      return chat.messages().get(chat.messages().size() - 1).content();
    }
    return ((Prompt.Text) prompt).text();
  }
}
