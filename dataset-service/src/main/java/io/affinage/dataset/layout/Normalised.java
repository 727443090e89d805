package io.affinage.dataset.layout;

import io.affinage.dataset.reading.FaultReason;
import io.affinage.dataset.reading.RowFault;
import io.affinage.events.NormalRow;

/** What became of a row: its normal form, or why it has none. */
public sealed interface Normalised {

  /**
   * @param row without its id
   */
  record Good(NormalRow row) implements Normalised {}

  /** The row goes to quarantine. */
  record Bad(RowFault fault) implements Normalised {}

  static Bad bad(FaultReason reason, String detail) {
    return new Bad(new RowFault(reason, detail));
  }
}
