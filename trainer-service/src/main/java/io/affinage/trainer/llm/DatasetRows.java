package io.affinage.trainer.llm;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.affinage.events.NormalRow;
import io.affinage.events.NormalRowReader;
import io.affinage.llm.data.Example;
import io.affinage.llm.data.PreferencePair;
import io.affinage.llm.error.LlmException;
import io.affinage.llm.text.ChatMessage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.Function;

/** Reads the splits of a dataset version as examples or preference pairs of the model library. */
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
  static Split<Example> examples(Path dataset, String split) {
    return read(dataset, split, DatasetRows::example);
  }

  /**
   * The preference pairs of one split, in its order; empty where the dataset has no such split.
   *
   * @param split {@code train}, {@code validation} or {@code test}
   * @throws LlmException {@code dataset_unreadable}, {@code dataset_layout_unsupported}
   */
  static Split<PreferencePair> pairs(Path dataset, String split) {
    return read(dataset, split, DatasetRows::pair);
  }

  /**
   * The questions of one split, in its order; empty where the dataset has no such split.
   *
   * @param split {@code train}, {@code validation} or {@code test}
   * @throws LlmException {@code dataset_unreadable}, {@code dataset_layout_unsupported}
   */
  static Split<PromptRow> prompts(Path dataset, String split) {
    return read(dataset, split, DatasetRows::prompt);
  }

  private static <T> Split<T> read(Path dataset, String split, Function<NormalRow, T> reading) {
    Path file = dataset.resolve(split + ".jsonl");
    List<T> found = new ArrayList<>();
    List<Long> lines = new ArrayList<>();
    if (!Files.exists(file)) {
      return new Split<>(split + ".jsonl", found, lines);
    }
    try (InputStream in = Files.newInputStream(file);
        NormalRowReader rows = new NormalRowReader(in)) {
      try {
        for (NormalRow row = rows.next(); row != null; row = rows.next()) {
          found.add(reading.apply(row));
          lines.add(rows.line());
        }
      } catch (IOException e) {
        throw unreadable(split + ".jsonl, line " + rows.line(), e);
      }
    } catch (IOException e) {
      throw unreadable(split + ".jsonl", e);
    }
    return new Split<>(split + ".jsonl", found, lines);
  }

  /**
   * The rows of a split.
   *
   * @param file the name of its file
   * @param lines where each row stands in the file, counted from 1
   */
  record Split<T>(String file, List<T> rows, List<Long> lines) {
    Split {
      rows = List.copyOf(rows);
      lines = List.copyOf(lines);
    }

    /** The first rows, as many as there are up to a number. */
    Split<T> first(int most) {
      int count = Math.min(most, rows.size());
      return new Split<>(file, rows.subList(0, count), lines.subList(0, count));
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
      return chat(row, row.messages(), 0);
    }
    if (row.completion() != null) {
      return new Example.Completion(
          row.id(), row.prompt() == null ? "" : row.prompt(), row.completion());
    }
    if (row.text() != null) {
      return new Example.Text(row.id(), row.text());
    }
    if (row.prompt() != null) {
      throw new LlmException(
          "dataset_layout_unsupported",
          "row "
              + row.id()
              + " is a prompt without an answer, of which nothing can be learned but by objectives"
              + " that sample answers");
    }
    throw new LlmException(
        "dataset_unreadable", "row " + row.id() + " has neither text, completion nor messages");
  }

  private static PromptRow prompt(NormalRow row) {
    if (row.text() != null) {
      throw new LlmException(
          "dataset_layout_unsupported",
          "row "
              + row.id()
              + " is text, which asks nothing: answers are sampled to prompts or conversations");
    }
    String answer = row.chosenText() != null ? row.chosenText() : row.completion();
    if (answer != null || row.messages() == null && row.chosen() == null && row.prompt() != null) {
      String question = row.prompt() == null ? "" : row.prompt();
      return new PromptRow(
          new Example.Completion(row.id(), question, answer == null ? "" : answer),
          question,
          Boolean.FALSE.equals(row.label()) ? null : answer,
          null,
          null);
    }
    List<NormalRow.ChatMessage> turns =
        new ArrayList<>(row.messages() == null ? List.of() : row.messages());
    if (row.chosen() != null) {
      turns.addAll(row.chosen());
    }
    boolean answered = !turns.isEmpty() && "assistant".equals(turns.get(turns.size() - 1).role());
    int asked = answered ? turns.size() - 1 : turns.size();
    if (asked < 1) {
      throw new LlmException(
          "dataset_layout_unsupported",
          "row "
              + row.id()
              + " asks nothing: it has neither a prompt nor a conversation with a turn before the"
              + " assistant's answer");
    }
    List<NormalRow.ChatMessage> conversation = turns.subList(0, asked);
    String question = conversation.get(asked - 1).content();
    boolean alone = row.tools() == null && isQuestionAlone(conversation);
    return new PromptRow(
        chat(row, turns, asked),
        question == null ? "" : question,
        answered && !Boolean.FALSE.equals(row.label()) ? turns.get(asked).content() : null,
        alone ? null : List.copyOf(conversation),
        row.tools());
  }

  /** Whether a reward that is shown the question's text has seen all. */
  private static boolean isQuestionAlone(List<NormalRow.ChatMessage> conversation) {
    NormalRow.ChatMessage first = conversation.get(0);
    return conversation.size() == 1
        && first.role().equals("user")
        && first.templateFields().isEmpty();
  }

  private static PreferencePair pair(NormalRow row) {
    if (row.chosenText() != null && row.rejectedText() != null) {
      String prompt = row.prompt() == null ? "" : row.prompt();
      return new PreferencePair(
          row.id(),
          new Example.Completion(row.id(), prompt, row.chosenText()),
          new Example.Completion(row.id(), prompt, row.rejectedText()),
          margin(row));
    }
    if (row.chosen() != null && row.rejected() != null) {
      return new PreferencePair(
          row.id(), side(row, row.chosen()), side(row, row.rejected()), margin(row));
    }
    throw new LlmException(
        "dataset_layout_unsupported",
        "row "
            + row.id()
            + " is no pair of a chosen and a rejected answer, and preferences are learned from"
            + " pairs: give rows with chosen and rejected (layout preference), without keep");
  }

  private static OptionalDouble margin(NormalRow row) {
    return row.margin() == null ? OptionalDouble.empty() : OptionalDouble.of(row.margin());
  }

  /** The prompt and one side's turns. What the assistant said in the prompt is not scored. */
  private static Example.Chat side(NormalRow row, List<NormalRow.ChatMessage> answer) {
    List<NormalRow.ChatMessage> turns =
        new ArrayList<>(row.messages() == null ? List.of() : row.messages());
    int prompt = turns.size();
    turns.addAll(answer);
    return chat(row, turns, prompt);
  }

  /**
   * @param prompt number of turns that are given, whoever's they are
   */
  private static Example.Chat chat(NormalRow row, List<NormalRow.ChatMessage> turns, int prompt) {
    List<ChatMessage> messages = new ArrayList<>();
    Set<Integer> masked = new HashSet<>();
    for (NormalRow.ChatMessage turn : turns) {
      if (messages.size() < prompt || turn.weight() != null && turn.weight() == 0) {
        masked.add(messages.size());
      }
      messages.add(new ChatMessage(turn.role(), turn.content(), turn.templateFields()));
    }
    List<Map<String, Object>> tools = new ArrayList<>();
    if (row.tools() != null) {
      row.tools().forEach(tool -> tools.add(JSON.convertValue(tool, FIELDS)));
    }
    return new Example.Chat(row.id(), messages, tools, masked);
  }
}
