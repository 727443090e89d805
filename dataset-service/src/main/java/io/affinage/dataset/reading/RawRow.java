package io.affinage.dataset.reading;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** One row as the file has it. */
public sealed interface RawRow extends FoundRow {

  /** Line of the file where the row begins, from 1; for Parquet and inline rows the row number. */
  long line();

  @Override
  default RawRow read() {
    return this;
  }

  /**
   * A row that could be read.
   *
   * @param fields its columns; owned by the receiver
   */
  record Fields(long line, ObjectNode fields) implements RawRow {
    @Override
    public long weight() {
      return weight(fields);
    }

    private static long weight(JsonNode node) {
      if (node.isTextual()) {
        return 64L + node.textValue().length();
      }
      long sum = 64;
      for (JsonNode child : node) {
        sum += weight(child);
      }
      return sum;
    }
  }

  /**
   * A row that could not be read.
   *
   * @param raw the start of its text, bounded
   */
  record Broken(long line, RowFault fault, String raw) implements RawRow {
    @Override
    public long weight() {
      return 64L + raw.length();
    }
  }
}
