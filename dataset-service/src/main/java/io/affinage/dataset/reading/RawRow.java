package io.affinage.dataset.reading;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** One row as the file has it. */
public sealed interface RawRow {

  /** Line of the file where the row begins, from 1; for Parquet and inline rows the row number. */
  long line();

  /**
   * A row that could be read.
   *
   * @param fields its columns; owned by the receiver
   */
  record Fields(long line, ObjectNode fields) implements RawRow {}

  /**
   * A row that could not be read.
   *
   * @param raw the start of its text, bounded
   */
  record Broken(long line, RowFault fault, String raw) implements RawRow {}
}
