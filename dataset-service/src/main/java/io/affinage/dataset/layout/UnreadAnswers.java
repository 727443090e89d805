package io.affinage.dataset.layout;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.dataset.DatasetException;
import io.affinage.events.DatasetLayout;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * Columns that say what to learn: where a guessed layout does not read one, the guess may be wrong,
 * and nobody would notice what the model learns instead.
 */
final class UnreadAnswers {
  /** What a text is given, beside documents. */
  private static final Set<String> BESIDE_TEXT =
      Set.of(
          "label",
          "labels",
          "class",
          "category",
          "target",
          "sentiment",
          "intent",
          "answer",
          "response",
          "completion",
          "output",
          "summary");

  /** What answers a prompt, or a right answer is called. */
  private static final Set<String> BESIDE_PROMPT =
      Set.of(
          "answer",
          "response",
          "output",
          "solution",
          "ground_truth",
          "reference",
          "target",
          "text",
          "label",
          "labels",
          "chosen",
          "rejected");

  private UnreadAnswers() {}

  /**
   * @param unread the columns of a row that the layout does not read
   * @throws DatasetException {@code column_not_read}
   */
  static void refuse(
      DatasetLayout layout, Function<ObjectNode, List<String>> unread, List<ObjectNode> sample) {
    Set<String> telling =
        switch (layout) {
          case TEXT -> BESIDE_TEXT;
          case PROMPT_ONLY -> BESIDE_PROMPT;
          default -> Set.copyOf(JudgedLayout.COLUMNS);
        };
    if (layout == DatasetLayout.UNPAIRED_PREFERENCE) {
      return;
    }
    for (ObjectNode row : sample) {
      if (telling.stream().noneMatch(row::hasNonNull)) {
        continue;
      }
      for (String column : unread.apply(row)) {
        if (telling.contains(column)) {
          throw new DatasetException(
              "column_not_read",
              switch (layout) {
                case TEXT -> classification(column);
                case PROMPT_ONLY -> answer(column);
                default -> judgement(column, layout);
              },
              "layout");
        }
      }
    }
  }

  private static String classification(String column) {
    return "the layout would be TEXT, which learns to write the texts and does not read the column "
        + column
        + "; to learn "
        + column
        + " from text, rename the columns {\"text\": \"prompt\", \""
        + column
        + "\": \"completion\"}; to learn the texts alone, name the layout TEXT";
  }

  private static String answer(String column) {
    return "the layout would be PROMPT_ONLY, questions alone, which does not read the column "
        + column
        + "; where it answers the prompt, or is what rewards compare with, rename the columns {\""
        + column
        + "\": \"completion\"}; to leave it unread, name the layout PROMPT_ONLY";
  }

  private static String judgement(String column, DatasetLayout layout) {
    return "the layout would be "
        + layout
        + ", which does not read the column "
        + column
        + ": it says neither true nor false in all rows, as UNPAIRED_PREFERENCE needs; to leave it"
        + " unread, name the layout "
        + layout;
  }
}
