package io.affinage.dataset.layout;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.dataset.DatasetException;
import io.affinage.dataset.reading.FaultReason;
import io.affinage.events.DatasetLayout;
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
  /** In the order of precedence where a row fits several. */
  private static final List<RowLayout> LAYOUTS =
      List.of(
          new PreferenceLayout(),
          ChatLayout.messages(),
          ChatLayout.shareGpt(),
          new PromptCompletionLayout(),
          new AlpacaLayout(),
          new TextLayout());

  private final RowLayout layout;
  private final Map<String, String> renames;

  private final Map<String, String> constants;

  private Normaliser(RowLayout layout, Map<String, String> renames, Map<String, String> constants) {
    this.layout = layout;
    this.renames = renames;
    this.constants = constants;
  }

  /**
   * @param named the layout, or AUTO (or null) to take the one that most rows of the sample fit
   * @param columns from the file's column to the layout's; null for none
   * @param constants columns that every row gets, and must not have itself; null for none
   * @param sample the first rows of the dataset
   * @throws DatasetException when no layout fits, a renamed column does not exist, or a constant is
   *     blank or a renamed column
   */
  public static Normaliser of(
      DatasetLayout named,
      Map<String, String> columns,
      Map<String, String> constants,
      Collection<ObjectNode> sample) {
    Map<String, String> renames = columns == null ? Map.of() : new LinkedHashMap<>(columns);
    Map<String, String> given = constants == null ? Map.of() : Map.copyOf(constants);
    requireColumns(renames, sample);
    requireConstants(given, renames);
    RowLayout layout =
        named == null || named == DatasetLayout.AUTO
            ? detected(renames, given, sample)
            : LAYOUTS.stream().filter(l -> l.layout() == named).findFirst().orElseThrow();
    return new Normaliser(layout, renames, given);
  }

  /** The layout of the rows; never AUTO. */
  public DatasetLayout layout() {
    return layout.layout();
  }

  /** The row's normal form without its id, or its fault. Changes the row's columns. */
  public Normalised normalise(ObjectNode fields) {
    rename(renames, fields);
    try {
      fill(constants, fields);
      return new Normalised.Good(layout.normalise(fields), unused(fields));
    } catch (BadRow e) {
      return new Normalised.Bad(e.fault());
    }
  }

  private List<String> unused(ObjectNode fields) {
    Set<String> used = layout.columns();
    List<String> unused = List.of();
    for (Map.Entry<String, JsonNode> column : fields.properties()) {
      if (!used.contains(column.getKey()) && !column.getValue().isNull()) {
        unused = unused.isEmpty() ? new ArrayList<>() : unused;
        unused.add(column.getKey());
      }
    }
    return unused;
  }

  private static void rename(Map<String, String> renames, ObjectNode fields) {
    if (renames.isEmpty()) {
      return;
    }
    Map<String, JsonNode> taken = new LinkedHashMap<>();
    renames.forEach(
        (from, to) -> {
          JsonNode value = fields.remove(from);
          if (value != null) {
            taken.put(to, value);
          }
        });
    taken.forEach(fields::set);
  }

  private static void fill(Map<String, String> constants, ObjectNode fields) throws BadRow {
    for (Map.Entry<String, String> constant : constants.entrySet()) {
      if (Columns.present(fields, constant.getKey())) {
        throw new BadRow(
            FaultReason.COLUMN_IS_CONSTANT,
            "the row has the column " + constant.getKey() + ", which a constant gives");
      }
      fields.put(constant.getKey(), constant.getValue());
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
      Map<String, String> renames, Map<String, String> constants, Collection<ObjectNode> sample) {
    Map<RowLayout, Long> fitting = new LinkedHashMap<>();
    for (ObjectNode row : sample) {
      ObjectNode renamed = row.deepCopy();
      rename(renames, renamed);
      constants.forEach(renamed::put);
      LAYOUTS.stream()
          .filter(layout -> layout.matches(renamed))
          .findFirst()
          .ifPresent(layout -> fitting.merge(layout, 1L, Long::sum));
    }
    return LAYOUTS.stream()
        .filter(fitting::containsKey)
        .reduce((a, b) -> fitting.get(b) > fitting.get(a) ? b : a)
        .orElseThrow(() -> unknown(sample));
  }

  private static DatasetException unknown(Collection<ObjectNode> sample) {
    List<String> known = new ArrayList<>();
    for (RowLayout layout : LAYOUTS) {
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
