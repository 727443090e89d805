package io.affinage.trainer.llm;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
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
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads the splits of a dataset version as examples of the model library. */
final class DatasetRows {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final TypeReference<Map<String, Object>> FIELDS = new TypeReference<>() {};

  private DatasetRows() {}

  /**
   * The rows of one split, in its order; empty where the dataset has no such split.
   *
   * @param split {@code train}, {@code validation} or {@code test}
   * @throws LlmException {@code dataset_unreadable}, {@code dataset_layout_unsupported}
   */
  static Split read(Path dataset, String split) {
    Path file = dataset.resolve(split + ".jsonl");
    List<Example> examples = new ArrayList<>();
    List<Long> lines = new ArrayList<>();
    if (!Files.exists(file)) {
      return new Split(split + ".jsonl", examples, lines);
    }
    try (InputStream in = Files.newInputStream(file);
        NormalRowReader rows = new NormalRowReader(in)) {
      try {
        for (NormalRow row = rows.next(); row != null; row = rows.next()) {
          examples.add(example(row));
          lines.add(rows.line());
        }
      } catch (IOException e) {
        throw unreadable(split + ".jsonl, line " + rows.line(), e);
      }
    } catch (IOException e) {
      throw unreadable(split + ".jsonl", e);
    }
    return new Split(split + ".jsonl", examples, lines);
  }

  /**
   * The rows of a split.
   *
   * @param file the name of its file
   * @param lines where each row stands in the file, counted from 1
   */
  record Split(String file, List<Example> examples, List<Long> lines) {
    Split {
      examples = List.copyOf(examples);
      lines = List.copyOf(lines);
    }

    /** The first rows, as many as there are up to a number. */
    Split first(int rows) {
      int count = Math.min(rows, examples.size());
      return new Split(file, examples.subList(0, count), lines.subList(0, count));
    }
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
      return chat(row);
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

  private static Example.Chat chat(NormalRow row) {
    List<ChatMessage> messages = new ArrayList<>();
    Set<Integer> masked = new HashSet<>();
    for (NormalRow.ChatMessage turn : row.messages()) {
      if (turn.weight() != null && turn.weight() == 0) {
        masked.add(messages.size());
      }
      messages.add(new ChatMessage(turn.role(), turn.content(), more(turn)));
    }
    List<Map<String, Object>> tools = new ArrayList<>();
    if (row.tools() != null) {
      row.tools().forEach(tool -> tools.add(JSON.convertValue(tool, FIELDS)));
    }
    return new Example.Chat(row.id(), messages, tools, masked);
  }

  /** What a chat template may read beside role and content, by the names that templates use. */
  private static Map<String, Object> more(NormalRow.ChatMessage turn) {
    Map<String, Object> fields = new HashMap<>(JSON.convertValue(turn, FIELDS));
    fields.keySet().removeAll(List.of("role", "content", "weight"));
    return fields;
  }
}
