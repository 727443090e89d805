package io.affinage.dataset.layout;

import io.affinage.dataset.reading.FaultReason;
import io.affinage.dataset.reading.RowFault;
import io.affinage.events.NormalRow;
import java.util.List;

/** What became of a row: its normal form, or why it has none. */
public sealed interface Normalised {

  /**
   * @param row without its id
   * @param unusedColumns columns with a value that the layout does not read
   */
  record Good(NormalRow row, List<String> unusedColumns) implements Normalised {}

  /** The row goes to quarantine. */
  record Bad(RowFault fault) implements Normalised {}

  static Bad bad(FaultReason reason, String detail) {
    return new Bad(new RowFault(reason, detail));
  }
}
