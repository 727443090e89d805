package io.affinage.trainer.llm;

import io.affinage.events.NormalRow;
import io.affinage.events.NormalRowReader;
import io.affinage.llm.data.Example;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.text.ChatMessage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads the splits of a dataset version as examples of the model library. */
final class DatasetRows {
  private DatasetRows() {}

  /**
   * The examples of one split, in its order; empty where the dataset has no such split.
   *
   * @param split {@code train}, {@code validation} or {@code test}
   * @throws LlmException {@code dataset_unreadable}, {@code dataset_layout_unsupported}
   */
  static List<Example> read(Path dataset, String split) {
    Path file = dataset.resolve(split + ".jsonl");
    if (!Files.exists(file)) {
      return List.of();
    }
    List<Example> examples = new ArrayList<>();
    try (InputStream in = Files.newInputStream(file);
        NormalRowReader rows = new NormalRowReader(in)) {
      try {
        for (NormalRow row = rows.next(); row != null; row = rows.next()) {
          examples.add(example(row));
        }
      } catch (IOException e) {
        throw unreadable(split + ".jsonl, line " + rows.line(), e);
      }
    } catch (IOException e) {
      throw unreadable(split + ".jsonl", e);
    }
    return examples;
  }

  private static LlmException unreadable(String where, IOException e) {
    return new LlmException("dataset_unreadable", where + " cannot be read: " + e.getMessage(), e);
  }

  private static Example example(NormalRow row) {
    if (row.isPreference()) {
      throw new LlmException(
          "dataset_layout_unsupported",
          "row "
              + row.id()
              + " says which answers are better; sft and pretrain learn from prompts with"
              + " completions, from conversations or from text: submit the dataset again with keep"
              + " (desirable, or chosen), which makes such rows of it");
    }
    if (row.messages() != null) {
      return new Example.Chat(
          row.id(),
          row.messages().stream().map(m -> ChatMessage.of(m.role(), m.content())).toList());
    }
    if (row.completion() != null) {
      return new Example.Completion(
          row.id(), row.prompt() == null ? "" : row.prompt(), row.completion());
    }
    if (row.text() != null) {
      return new Example.Text(row.id(), row.text());
    }
    throw new LlmException(
        "dataset_unreadable", "row " + row.id() + " has neither text, completion nor messages");
  }
}
