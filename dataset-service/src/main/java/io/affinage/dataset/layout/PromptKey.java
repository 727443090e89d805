package io.affinage.dataset.layout;

import io.affinage.events.NormalRow;
import io.affinage.events.NormalRow.ChatMessage;

/**
 * What must not be in two splits: the text that an answer is asked for. Rows that share it go to
 * one split together, so that nothing held out was seen in training.
 */
public final class PromptKey {
  private PromptKey() {}

  /**
   * The prompt of the row: everything before the first answer to a question; of a raw document all
   * of it.
   */
  public static String of(NormalRow row) {
    if (row.text() != null) {
      return "t\0" + row.text();
    }
    if (row.prompt() != null) {
      return "p\0" + row.prompt();
    }
    StringBuilder key = new StringBuilder("m");
    boolean asked = false;
    for (ChatMessage message : row.messages()) {
      // A greeting by the assistant answers nothing, and is often the same in all rows.
      if (asked && message.role().equals(Turns.ASSISTANT)) {
        break;
      }
      asked |= message.role().equals(Turns.USER);
      key.append('\0').append(message.role()).append('\0').append(message.content());
    }
    return key.toString();
  }
}
