package io.affinage.dataset.ingest;

import io.affinage.dataset.layout.RowNote;
import io.affinage.dataset.reading.RowFault;
import java.util.List;
import java.util.Set;

/** All that can be told of a row without knowing the other rows. */
sealed interface PreparedRow {

  /**
   * A row of use, unless it is a duplicate.
   *
   * @param content the normal form as it is written, without an id
   * @param high the first 64 bits of the content's hash
   * @param low the next 64 bits
   * @param unusedColumns columns, and keys inside them, with a value that the layout does not read
   * @param notes what was done to the row beyond reading it, or found in it
   */
  record Usable(
      byte[] content,
      long high,
      long low,
      Split split,
      List<String> unusedColumns,
      Set<RowNote> notes)
      implements PreparedRow {}

  /** A row that the dataset does not want. */
  record LeftOut(RowNote note) implements PreparedRow {}

  /** A row for the quarantine. */
  record Faulty(long line, RowFault fault, String raw) implements PreparedRow {}
}
