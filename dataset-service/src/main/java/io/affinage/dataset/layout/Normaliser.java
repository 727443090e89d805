package io.affinage.dataset.layout;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.dataset.DatasetException;
import io.affinage.dataset.reading.FaultReason;
import io.affinage.events.DatasetLayout;
import io.affinage.events.KeptAnswers;
import io.affinage.events.NormalRow;
import io.affinage.events.NormalRow.ChatMessage;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Turns rows of one layout into the normal form, after renaming their columns and adding constant
 * ones. Safe for several threads.
 */
public final class Normaliser {
  private final RowLayout layout;
  private final RowRules rules;

  private Normaliser(RowLayout layout, RowRules rules) {
    this.layout = layout;
    this.rules = rules;
  }

  /**
   * @param sample the first rows of the dataset
   * @throws DatasetException when no layout fits, a renamed column does not exist, a constant is
   *     blank or a renamed column, there are no such answers to keep, or the layout was guessed and
   *     leaves a column unread that says what to learn
   */
  public static Normaliser of(RowRules rules, Collection<ObjectNode> sample) {
    requireColumns(rules.columns(), sample);
    requireConstants(rules.constants(), rules.columns());
    List<ObjectNode> renamed = new ArrayList<>(sample.size());
    for (ObjectNode row : sample) {
      ObjectNode copy = row.deepCopy();
      rename(rules.columns(), copy);
      rules.constants().forEach(copy::put);
      renamed.add(copy);
    }
    List<RowLayout> layouts = layouts(renamed);
    boolean guessed = rules.layout() == DatasetLayout.AUTO;
    RowLayout layout =
        guessed
            ? detected(layouts, renamed, sample)
            : layouts.stream().filter(l -> l.layout() == rules.layout()).findFirst().orElseThrow();
    requireKeepable(rules.keep(), layout.layout());
    Normaliser normaliser = new Normaliser(layout, rules);
    if (guessed) {
      UnreadAnswers.refuse(layout.layout(), normaliser::unread, renamed);
    }
    return normaliser;
  }

  /** In the order of precedence where a row fits several. */
  private static List<RowLayout> layouts(List<ObjectNode> sample) {
    boolean asChats =
        sample.stream()
            .anyMatch(
                row -> Chats.COLUMNS.stream().anyMatch(name -> LayoutRow.holds(row.path(name))));
    List<RowLayout> answers =
        List.of(
            ChatLayout.messages(),
            ChatLayout.shareGpt(),
            new PromptCompletionLayout(asChats),
            new AlpacaLayout());
    List<RowLayout> all = new ArrayList<>();
    all.add(new PreferenceLayout(asChats));
    all.add(new JudgedLayout(answers));
    all.addAll(answers);
    all.add(new TextLayout());
    all.add(new PromptOnlyLayout(asChats));
    return all;
  }

  /** The layout of the rows; never AUTO. */
  public DatasetLayout layout() {
    return layout.layout();
  }

  /** The row's normal form without its id, or its fault. Changes the row's columns. */
  public Normalised normalise(ObjectNode fields) {
    LayoutRow row = new LayoutRow(fields, rules.strict());
    try {
      for (String displaced : rename(rules.columns(), fields)) {
        row.unread(displaced);
      }
      fill(rules.constants(), fields);
      return kept(layout.normalise(row), row);
    } catch (BadRow e) {
      return new Normalised.Bad(e.fault());
    }
  }

  /** The columns of a row that has its names already which would not be read. */
  private List<String> unread(ObjectNode renamed) {
    LayoutRow row = new LayoutRow(renamed, false);
    try {
      layout.normalise(row);
      return row.unread();
    } catch (BadRow e) {
      return List.of();
    }
  }

  private Normalised kept(NormalRow found, LayoutRow row) throws BadRow {
    if (rules.keep() == null) {
      return good(found, row);
    }
    if (rules.keep() == KeptAnswers.DESIRABLE) {
      return found.label()
          ? good(
              new NormalRow(
                  null,
                  null,
                  found.prompt(),
                  found.completion(),
                  found.messages(),
                  null,
                  null,
                  null,
                  null,
                  null,
                  found.tools(),
                  null),
              row)
          : new Normalised.LeftOut(RowNote.UNDESIRABLE_LEFT_OUT);
    }
    row.note(RowNote.REJECTED_LEFT_OUT, "rejected");
    List<ChatMessage> chat = null;
    if (found.messages() != null) {
      chat = new ArrayList<>(found.messages());
      chat.addAll(found.chosen());
    }
    return good(
        new NormalRow(
            null,
            null,
            found.prompt(),
            found.chosenText(),
            chat,
            null,
            null,
            null,
            null,
            null,
            found.tools(),
            null),
        row);
  }

  private static Normalised good(NormalRow found, LayoutRow row) {
    return new Normalised.Good(found, row.unread(), row.notes());
  }

  /** Gives back the columns that had a name which another column got. */
  private static List<String> rename(Map<String, String> renames, ObjectNode fields) {
    if (renames.isEmpty()) {
      return List.of();
    }
    Map<String, JsonNode> taken = new LinkedHashMap<>();
    renames.forEach(
        (from, to) -> {
          JsonNode value = fields.remove(from);
          if (value != null) {
            taken.put(to, value);
          }
        });
    List<String> displaced = List.of();
    for (Map.Entry<String, JsonNode> column : taken.entrySet()) {
      JsonNode before = fields.replace(column.getKey(), column.getValue());
      if (before != null && !before.isNull()) {
        displaced = displaced.isEmpty() ? new ArrayList<>() : displaced;
        displaced.add(column.getKey() + " (another column was renamed to it)");
      }
    }
    return displaced;
  }

  private static void fill(Map<String, String> constants, ObjectNode fields) throws BadRow {
    for (Map.Entry<String, String> constant : constants.entrySet()) {
      JsonNode own = fields.get(constant.getKey());
      if (own != null && !own.isNull()) {
        throw new BadRow(
            FaultReason.COLUMN_IS_CONSTANT,
            "the row has the column " + constant.getKey() + ", which a constant gives");
      }
      fields.put(constant.getKey(), constant.getValue());
    }
  }

  private static void requireKeepable(KeptAnswers keep, DatasetLayout layout) {
    if (keep == null) {
      return;
    }
    DatasetLayout needed =
        keep == KeptAnswers.DESIRABLE
            ? DatasetLayout.UNPAIRED_PREFERENCE
            : DatasetLayout.PREFERENCE;
    if (layout != needed) {
      throw new DatasetException(
          "invalid_keep",
          "keep "
              + keep
              + " goes with the layout "
              + needed
              + ", and the rows have the layout "
              + layout
              + "; leave keep out, or name the layout",
          "keep");
    }
  }

  private static void requireConstants(Map<String, String> constants, Map<String, String> renames) {
    constants.forEach(
        (column, text) -> {
          if (column.isBlank() || text.isBlank()) {
            throw new DatasetException(
                "invalid_constants",
                "the constant column '" + column + "' needs a name and a text",
                "source.constants");
          }
          if (renames.containsValue(column)) {
            throw new DatasetException(
                "invalid_constants",
                "the column " + column + " is both a constant and a renamed column",
                "source.constants");
          }
        });
  }

  private static void requireColumns(Map<String, String> renames, Collection<ObjectNode> sample) {
    Set<String> targets = new TreeSet<>();
    for (Map.Entry<String, String> rename : renames.entrySet()) {
      if (rename.getKey() == null || rename.getValue() == null || rename.getValue().isBlank()) {
        throw new DatasetException(
            "invalid_columns", "a column is renamed to nothing", "source.columns");
      }
      if (!targets.add(rename.getValue())) {
        throw new DatasetException(
            "invalid_columns", "two columns are renamed to " + rename.getValue(), "source.columns");
      }
    }
    if (sample.isEmpty()) {
      return;
    }
    for (String from : renames.keySet()) {
      if (sample.stream().noneMatch(row -> row.has(from))) {
        throw new DatasetException(
            "column_not_found",
            "no row has the column " + from + "; the rows have: " + columnsOf(sample),
            "source.columns");
      }
    }
  }

  private static RowLayout detected(
      List<RowLayout> layouts, List<ObjectNode> renamed, Collection<ObjectNode> sample) {
    Map<RowLayout, Long> fitting = new LinkedHashMap<>();
    for (ObjectNode row : renamed) {
      layouts.stream()
          .filter(layout -> layout.matches(row))
          .findFirst()
          .ifPresent(layout -> fitting.merge(layout, 1L, Long::sum));
    }
    return layouts.stream()
        .filter(fitting::containsKey)
        .reduce((a, b) -> fitting.get(b) > fitting.get(a) ? b : a)
        .orElseThrow(() -> unknown(layouts, sample));
  }

  private static DatasetException unknown(List<RowLayout> layouts, Collection<ObjectNode> sample) {
    List<String> known = new ArrayList<>();
    for (RowLayout layout : layouts) {
      known.add(layout.layout() + " needs " + layout.needs());
    }
    return new DatasetException(
        "unknown_layout",
        "no layout fits the columns that were found ("
            + columnsOf(sample)
            + "); rename columns to those of a layout, for example {\"question\": \"prompt\"}: "
            + String.join("; ", known),
        "layout");
  }

  private static String columnsOf(Collection<ObjectNode> sample) {
    Set<String> names = new TreeSet<>();
    for (ObjectNode row : sample) {
      row.fieldNames().forEachRemaining(names::add);
    }
    return names.stream()
        .limit(30)
        .map(name -> name.length() > 60 ? name.substring(0, 60) + "..." : name)
        .collect(Collectors.joining(", "));
  }
}
