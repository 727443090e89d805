package io.affinage.dataset.layout;

import io.affinage.events.DatasetLayout;
import io.affinage.events.KeptAnswers;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How rows are to be read.
 *
 * @param layout AUTO takes the one that most of the first rows fit
 * @param columns renames from the file's column to the layout's
 * @param constants columns that every row gets, and must not have itself
 * @param keep which answers of preference data are kept; null for rows as they are
 * @param strict whether a row that would be put right is bad
 */
public record RowRules(
    DatasetLayout layout,
    Map<String, String> columns,
    Map<String, String> constants,
    KeptAnswers keep,
    boolean strict) {

  /** Everything is detected, and every row is kept as it is. */
  public static final RowRules DETECTED = new RowRules(DatasetLayout.AUTO, null, null, null, false);

  /** Null stands for AUTO and for none. */
  public RowRules {
    layout = layout == null ? DatasetLayout.AUTO : layout;
    columns = columns == null ? Map.of() : new LinkedHashMap<>(columns);
    constants = constants == null ? Map.of() : Map.copyOf(constants);
  }
}
