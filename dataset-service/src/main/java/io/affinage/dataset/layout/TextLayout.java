package io.affinage.dataset.layout;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.affinage.dataset.reading.FaultReason;
import io.affinage.events.DatasetLayout;
import io.affinage.events.NormalRow;

/** {@code text}: a raw document. */
final class TextLayout implements RowLayout {
  @Override
  public DatasetLayout layout() {
    return DatasetLayout.TEXT;
  }

  @Override
  public String needs() {
    return "text";
  }

  @Override
  public boolean matches(ObjectNode fields) {
    return fields.has("text");
  }

  @Override
  public NormalRow normalise(LayoutRow row) throws BadRow {
    String text = row.requiredText("text", FaultReason.EMPTY_TEXT);
    return new NormalRow(null, text, null, null, null, null, null);
  }
}
