package io.affinage.dataset.ingest;

import java.util.Map;
import java.util.TreeMap;

/**
 * Counts rows with a value in a column, or a key inside one, that the layout does not read; bounded
 * in names.
 */
final class UnusedColumns {
  private static final int MAX_NAMES = 100;
  private static final int MAX_NAME = 200;
  private static final String OTHERS = "(others)";

  private final Map<String, Long> rows = new TreeMap<>();

  void count(Iterable<String> columns) {
    for (String column : columns) {
      boolean named =
          column.length() <= MAX_NAME && (rows.size() < MAX_NAMES || rows.containsKey(column));
      rows.merge(named ? column : OTHERS, 1L, Long::sum);
    }
  }

  /** Rows by column. */
  Map<String, Long> rows() {
    return rows;
  }
}
