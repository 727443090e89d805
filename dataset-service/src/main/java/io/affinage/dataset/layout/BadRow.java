package io.affinage.dataset.layout;

import io.affinage.dataset.reading.FaultReason;
import io.affinage.dataset.reading.RowFault;

/** Ends the normalisation of one row; never leaves this package. Without a stack trace: cheap. */
final class BadRow extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient RowFault fault;

  BadRow(FaultReason reason, String detail) {
    super(detail, null, false, false);
    this.fault = new RowFault(reason, detail);
  }

  RowFault fault() {
    return fault;
  }
}
