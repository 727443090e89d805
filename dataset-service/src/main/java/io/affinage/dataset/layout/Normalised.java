package io.affinage.dataset.layout;

import io.affinage.dataset.reading.RowFault;
import io.affinage.events.NormalRow;
import java.util.List;
import java.util.Set;

/** What became of a row: its normal form, or why it has none. */
public sealed interface Normalised {

  /**
   * @param row without its id
   * @param unusedColumns columns, and keys inside them, with a value that the layout does not read
   * @param notes what was done to the row beyond reading it, or found in it
   */
  record Good(NormalRow row, List<String> unusedColumns, Set<RowNote> notes)
      implements Normalised {}

  /** The row goes to quarantine. */
  record Bad(RowFault fault) implements Normalised {}

  /** A row that the dataset does not want. */
  record LeftOut(RowNote note) implements Normalised {}
}
