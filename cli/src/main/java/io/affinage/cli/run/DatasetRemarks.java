package io.affinage.cli.run;

import io.affinage.events.DatasetReady;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What of a dataset was not read, and what was done to its rows, for people. */
public final class DatasetRemarks {
  /** Enough to see what is missing; the report has all of them. */
  private static final int SHOWN = 12;

  private DatasetRemarks() {}

  /** Nothing where everything was read as it is. */
  public static List<String> lines(DatasetReady ready) {
    List<String> lines = new ArrayList<>();
    Map<String, Long> unread = ready.unusedColumns();
    if (unread != null && !unread.isEmpty()) {
      lines.add("not read, in so many rows: " + shown(unread));
    }
    Map<String, Long> notes = ready.notes();
    if (notes != null && !notes.isEmpty()) {
      lines.add("rows with: " + shown(notes).replace('_', ' '));
    }
    return lines;
  }

  private static String shown(Map<String, Long> rows) {
    String most =
        rows.entrySet().stream()
            .sorted(
                Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                    .thenComparing(Map.Entry.comparingByKey()))
            .limit(SHOWN)
            .map(entry -> "%s %,d".formatted(entry.getKey(), entry.getValue()))
            .collect(Collectors.joining(", "));
    return rows.size() <= SHOWN ? most : most + " and %,d more".formatted(rows.size() - SHOWN);
  }
}
