package io.affinage.dataset.reading;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** Rows that came inside the event. */
final class InlineRows implements RowReader {
  private final List<JsonNode> rows;
  private final ReadLimits limits;
  private int next;

  InlineRows(List<JsonNode> rows, ReadLimits limits) {
    this.rows = rows;
    this.limits = limits;
  }

  @Override
  public RawRow next() {
    if (next == rows.size()) {
      return null;
    }
    JsonNode row = rows.get(next++);
    if (!(row instanceof ObjectNode fields)) {
      return broken(FaultReason.NOT_AN_OBJECT, "expected a JSON object", row);
    }
    if (JsonText.allNull(fields)) {
      return broken(FaultReason.EMPTY_ROW, "no value in the row", row);
    }
    return new RawRow.Fields(next, fields.deepCopy());
  }

  private RawRow broken(FaultReason reason, String detail, JsonNode row) {
    String raw = Excerpt.of(String.valueOf(row), limits.excerptCharacters());
    return new RawRow.Broken(next, new RowFault(reason, detail), raw);
  }

  @Override
  public void close() {
    // nothing is held open
  }
}
