package io.affinage.trainer.llm;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.affinage.events.NormalRow;
import io.affinage.llm.data.Example;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.text.ChatMessage;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads the splits of a dataset version as examples of the model library. */
final class DatasetRows {
  private static final ObjectReader ROW =
      JsonMapper.builder()
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build()
          .readerFor(NormalRow.class);

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
    int line = 0;
    try (BufferedReader reader = Files.newBufferedReader(file)) {
      for (String text = reader.readLine(); text != null; text = reader.readLine()) {
        line++;
        if (!text.isBlank()) {
          examples.add(example(ROW.readValue(text)));
        }
      }
    } catch (IOException e) {
      throw new LlmException(
          "dataset_unreadable",
          "line " + (line + 1) + " of " + split + ".jsonl cannot be read: " + e.getMessage(),
          e);
    }
    return examples;
  }

  private static Example example(NormalRow row) {
    if (row.chosen() != null || row.rejected() != null) {
      throw new LlmException(
          "dataset_layout_unsupported",
          "row "
              + row.id()
              + " is a preference pair; sft and pretrain learn from prompts with completions, from"
              + " conversations or from text");
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
