package io.affinage.eval.dataset;

import io.affinage.eval.model.Message;
import io.affinage.eval.model.Prompt;
import io.affinage.events.NormalRow;
import io.affinage.events.NormalRow.ChatMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One row as a question, with its right answer where it has one.
 *
 * @param id content hash of the row
 * @param prompt the question; empty text for a plain document
 * @param reference the right answer, empty text where none is known; for a plain document, the
 *     whole of it
 * @param rejected of a preference pair the worse answer to the same question; the reference is the
 *     better one
 * @param document whether the row is a plain document, which asks nothing
 */
public record Item(
    String id, Prompt prompt, String reference, Optional<String> rejected, boolean document) {

  /** An item without a worse answer. */
  public Item(String id, Prompt prompt, String reference, boolean document) {
    this(id, prompt, reference, Optional.empty(), document);
  }

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
          new Item(
              row.id(),
              new Prompt.Text(row.prompt()),
              row.chosenText(),
              Optional.ofNullable(row.rejectedText()),
              false));
    }
    if (row.text() != null) {
      return Optional.of(new Item(row.id(), new Prompt.Text(""), row.text(), true));
    }
    if (row.prompt() != null && row.messages() == null) {
      return Optional.of(
          new Item(
              row.id(),
              new Prompt.Text(row.prompt()),
              row.completion() == null ? "" : row.completion(),
              false));
    }
    List<ChatMessage> turns = turns(row, row.chosen());
    int last = turns.size() - 1;
    if (isQuestion(turns)) {
      return Optional.of(new Item(row.id(), new Prompt.Chat(messages(turns)), "", false));
    }
    if (!isMeasurable(turns)) {
      return Optional.empty();
    }
    List<Message> asked = asked(turns);
    return Optional.of(
        new Item(
            row.id(),
            new Prompt.Chat(asked),
            turns.get(last).content(),
            rejected(row, asked),
            false));
  }

  /** Empty where the worse answer answers another question, as after turns of its own. */
  private static Optional<String> rejected(NormalRow row, List<Message> asked) {
    if (row.rejected() == null) {
      return Optional.empty();
    }
    List<ChatMessage> turns = turns(row, row.rejected());
    return isMeasurable(turns) && asked(turns).equals(asked)
        ? Optional.of(turns.get(turns.size() - 1).content())
        : Optional.empty();
  }

  private static List<ChatMessage> turns(NormalRow row, List<ChatMessage> answer) {
    List<ChatMessage> turns = new ArrayList<>();
    if (row.messages() != null) {
      turns.addAll(row.messages());
    }
    if (answer != null) {
      turns.addAll(answer);
    }
    return turns;
  }

  /** A question, and an answer of the assistant in words. */
  private static boolean isMeasurable(List<ChatMessage> turns) {
    int last = turns.size() - 1;
    return last >= 1
        && "assistant".equals(turns.get(last).role())
        && turns.stream().allMatch(turn -> turn.content() != null);
  }

  /** Turns that wait for an answer. */
  private static boolean isQuestion(List<ChatMessage> turns) {
    return !turns.isEmpty()
        && !"assistant".equals(turns.get(turns.size() - 1).role())
        && turns.stream().allMatch(turn -> turn.content() != null);
  }

  private static List<Message> asked(List<ChatMessage> turns) {
    return messages(turns.subList(0, turns.size() - 1));
  }

  private static List<Message> messages(List<ChatMessage> turns) {
    return turns.stream().map(turn -> new Message(turn.role(), turn.content())).toList();
  }

  /** Whether a right answer is known. */
  public boolean isAnswered() {
    return !reference.isEmpty();
  }

  /** The question for people: the text, or the last turn of the chat. */
  public String question() {
    if (prompt instanceof Prompt.Chat chat) {
      return chat.messages().get(chat.messages().size() - 1).content();
    }
    return ((Prompt.Text) prompt).text();
  }
}
